-- vacuum: whether dead rows are cleared away in time, by table of the queue, and how far the numbers of transactions have got.
select
    current_setting('autovacuum') = 'on' and current_setting('track_counts') = 'on' as is_on,
    age(own.datfrozenxid)::bigint as age,
    current_setting('autovacuum_freeze_max_age')::bigint as freeze_at,
    array(
        select class.oid::regclass::text
        from pg_class as class
        where class.relnamespace = to_regnamespace('fleet') and class.reloptions && '{autovacuum_enabled=false,autovacuum_enabled=off}'
        order by 1
    ) as turned_off,
    pg_stat_get_live_tuples(to_regclass('fleet.job')) as live,
    pg_stat_get_dead_tuples(to_regclass('fleet.job')) as dead,
    clock_timestamp() - pg_stat_get_last_autovacuum_time(to_regclass('fleet.job')) as vacuumed
from pg_database as own
where own.datname = current_database()

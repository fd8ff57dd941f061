-- pulse: numbers that change when jobs, workers or runs of cron tasks do.
--
-- Takes no lock and reads no table: the server counts what is written, as of a second ago at most.
select
    (select sum(pg_stat_get_tuples_inserted(of.oid) + pg_stat_get_tuples_updated(of.oid) + pg_stat_get_tuples_deleted(of.oid))
     from unnest('{fleet.job, fleet.queue}'::regclass[]) as of (oid))::bigint as jobs,
    (select sum(pg_stat_get_tuples_inserted(of.oid) + pg_stat_get_tuples_updated(of.oid) + pg_stat_get_tuples_deleted(of.oid))
     from unnest('{fleet.worker}'::regclass[]) as of (oid))::bigint as workers,
    (select sum(pg_stat_get_tuples_inserted(of.oid) + pg_stat_get_tuples_updated(of.oid))
     from unnest('{fleet.cron_run, fleet.operator_action, app.analyses, app.documents}'::regclass[]) as of (oid)
    )::bigint as records,
    (select pg_stat_get_tuples_updated('fleet.rollup'::regclass)) as sums

-- health: whether the queue is well: one row for each check.
--
-- Takes no lock. Reads the ready jobs, so it is for once a minute rather than once a second. Jobs of paused queues may wait.
create or replace function fleet.health(max_wait interval default '5 min')
returns table ("check" text, ok boolean, detail text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with workers as (
        select
            count(*) filter (where worker.lease_until > fleet.now()) as live,
            count(*) filter (where worker.lease_until <= fleet.now()) as dead,
            string_agg(distinct worker.service, ', ' order by worker.service) filter (where worker.lease_until > fleet.now()) as services
        from fleet.worker as worker
    ), ready as (
        select fleet.now() - min(greatest(job.run_at, job.enqueued_at)) as wait
        from fleet.job as job
        where job.state = 'ready'
            and job.queue <> all(array(select known.name from fleet.queue as known where fleet.is_paused(known.name)))
    ), overdue as (
        select count(*) as jobs, fleet.now() - min(job.run_at) as late
        from fleet.job as job where job.state = 'scheduled' and job.run_at <= (select fleet.now())
    ), days as (
        select parent.name, max(to_date(substring(day.relname from '_(\d{8})$'), 'YYYYMMDD')) as last
        from (values ('attempt'), ('job_history')) as parent (name)
        left join pg_inherits as part on part.inhparent = ('fleet.' || parent.name)::regclass
        left join pg_class as day on day.oid = part.inhrelid and day.relname ~ '_\d{8}$'
        group by parent.name
    ), partitions as (
        select coalesce(min(coalesce(days.last, '-infinity')) >= (fleet.now() at time zone 'UTC')::date + 2, false) as ok,
               string_agg(days.name || coalesce(' until ' || days.last, ' none'), ', ' order by days.name) as detail
        from days
    ), dead as (
        -- Whoever may not see the sessions of others sees no transaction of theirs.
        select pg_stat_get_live_tuples('fleet.job'::regclass) as live, pg_stat_get_dead_tuples('fleet.job'::regclass) as dead,
               (select clock_timestamp() - min(session.xact_start) from pg_stat_activity as session
                where session.backend_xmin is not null and session.pid <> pg_backend_pid()) as oldest
    ), strays as (
        select array_remove(array[
            case when exists (select from fleet.attempt_default) then 'attempt_default' end,
            case when exists (select from fleet.job_history_default) then 'job_history_default' end
        ], null) as names
    )
    select 'live workers', workers.live > 0,
           case when workers.live > 0 then format('%s: %s', workers.live, workers.services) else 'none' end
    from workers
    union all
    select 'expired leases', workers.dead = 0,
           case when workers.dead = 0 then 'none' else format('%s, to be rescued by the next claim', workers.dead) end
    from workers
    union all
    select 'oldest ready wait', coalesce(ready.wait, '0') <= coalesce($1, '5 min'),
           coalesce(date_trunc('second', ready.wait)::text, 'nothing is ready')
    from ready
    union all
    select 'overdue scheduled', coalesce(overdue.late, '0') <= coalesce($1, '5 min'),
           case when overdue.jobs = 0 then 'none' else format('%s, for up to %s', overdue.jobs, date_trunc('second', overdue.late)) end
    from overdue
    union all
    select 'dead rows', dead.dead <= 100000 + dead.live,
           format('%s beside %s live ones of fleet.job; %s', dead.dead, dead.live,
                  coalesce('the oldest transaction is ' || date_trunc('second', dead.oldest) || ' old', 'no transaction is seen'))
    from dead
    union all
    select 'partitions ahead', partitions.ok, partitions.detail from partitions
    union all
    select 'default partitions empty', strays.names = '{}',
           case when strays.names = '{}' then 'yes' else 'rows in ' || array_to_string(strays.names, ', ') end
    from strays
$$;
comment on function fleet.health(interval) is
    'Whether the queue is well, one row for each check; jobs should not wait longer than max_wait.';

-- gauges: how the whole queue is, for whoever collects it: one row for each gauge and what it is of.
--
-- Takes no lock. Bounded work, whatever is waiting: it counts up to 50000 jobs of each queue and state, and looks for the
-- longest wait among the first hundred of each priority, who have waited for longest unless they were put off. Of queues
-- that only jobs name it tells the first hundred, and of priorities the first thousand: somebody may make up one for each
-- job. For each of the queues that are asked about, with so many slots of a process, it says how many processes they need.
-- Whoever may not see the sessions of others sees no transaction of theirs.
create or replace function fleet.gauges(queues text[] default '{}', slots integer[] default '{}')
returns table (gauge text, labels jsonb, value double precision)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
    with recursive moment as (
        select fleet.now() as now
    ), ready_queue as (
        (select job.queue from fleet.job as job where job.state = 'ready' order by job.queue limit 1)
        union all
        select later.queue
        from ready_queue
        cross join lateral (
            select job.queue from fleet.job as job
            where job.state = 'ready' and job.queue > ready_queue.queue
            order by job.queue
            limit 1
        ) as later
    ), named as (
        (select ready_queue.queue from ready_queue limit 100)
        union select kind.queue from fleet.kind as kind
        union select known.name from fleet.queue as known
        union select served.queue from fleet.worker as worker cross join unnest(worker.queues) as served (queue)
    ), head as (
        -- The first priority of each queue, and then the next one after each.
        select named.queue, first.priority
        from named
        cross join lateral (
            select job.priority from fleet.job as job
            where job.state = 'ready' and job.queue = named.queue
            order by job.priority, job.id
            limit 1
        ) as first
        union all
        select head.queue, later.priority
        from head
        cross join lateral (
            select job.priority from fleet.job as job
            where job.state = 'ready' and job.queue = head.queue and job.priority > head.priority
            order by job.priority, job.id
            limit 1
        ) as later
    ), live as (
        select named.queue, 'ready' as state, count(*) as jobs
        from named
        cross join lateral (
            select from fleet.job as job
            where job.state = 'ready' and job.queue = named.queue
            order by job.priority, job.id
            limit 50000
        ) as counted
        group by named.queue
        union all
        select named.queue, counted.state::text, count(*)
        from named
        cross join lateral (
            select job.state from fleet.job as job
            where job.state in ('scheduled', 'arriving', 'held') and job.queue = named.queue
            limit 50000
        ) as counted
        group by named.queue, counted.state
        union all
        select job.queue, 'running', count(*)
        from fleet.job as job
        where job.state = 'running'
        group by job.queue
    ), oldest as (
        select head.queue, extract(epoch from moment.now - min(waiting.since)) as seconds
        from moment
        cross join (select head.queue, head.priority from head limit 1000) as head
        cross join lateral (
            select greatest(job.run_at, job.enqueued_at) as since
            from fleet.job as job
            where job.state = 'ready' and job.queue = head.queue and job.priority = head.priority
            order by job.id
            limit 100
        ) as waiting
        group by head.queue, moment.now
    ), failed as (
        select kind.kind, counted.outcome, count(*) as jobs
        from fleet.kind as kind
        cross join moment
        cross join lateral (
            select history.outcome from fleet.job_history as history
            where history.outcome in ('failed', 'lost') and history.kind = kind.kind
                and history.finished_at > moment.now - interval '10 min' and history.finished_at <= moment.now
            limit 10000
        ) as counted
        group by kind.kind, counted.outcome
    ), days as (
        select min(last.day) as last
        from (values ('attempt'), ('job_history')) as parent (name)
        left join lateral (
            select max(to_date(substring(day.relname from '_(\d{8})$'), 'YYYYMMDD')) as day
            from pg_inherits as part
            join pg_class as day on day.oid = part.inhrelid and day.relname ~ '_\d{8}$'
            where part.inhparent = ('fleet.' || parent.name)::regclass
        ) as last on true
        having bool_and(last.day is not null)
    )
    select 'queue_jobs', jsonb_build_object('queue', named.queue, 'state', state.name), coalesce(live.jobs, 0)::double precision
    from named
    cross join unnest(enum_range(null::fleet.job_state)) as state (name)
    left join live on live.queue = named.queue and live.state = state.name::text
    union all
    select 'queue_oldest_wait_seconds', jsonb_build_object('queue', named.queue), coalesce(oldest.seconds, 0)::double precision
    from named
    left join oldest on oldest.queue = named.queue
    union all
    select
        'queue_workers',
        jsonb_build_object('queue', named.queue),
        count(worker.id) filter (where worker.lease_until > moment.now)::double precision
    from moment
    cross join named
    left join fleet.worker as worker on named.queue = any(worker.queues)
    group by named.queue
    union all
    select 'queue_paused', jsonb_build_object('queue', named.queue), fleet.is_paused(named.queue)::integer::double precision
    from named
    union all
    select
        'queue_recommended_replicas',
        jsonb_build_object('queue', asked.queue),
        fleet.recommended_replicas(asked.queue, asked.slots)::double precision
    from unnest($1, $2) as asked (queue, slots)
    where asked.queue is not null and asked.slots is not null
    union all
    select 'expired_leases', '{}', count(*)::double precision
    from fleet.worker as worker cross join moment where worker.lease_until <= moment.now
    union all
    select 'quarantined_jobs', '{}', count(*)::double precision
    from fleet.job as job where job.crashes >= 2 and job.state in ('ready', 'running')
    union all
    select 'recent_failures', jsonb_build_object('kind', failed.kind, 'outcome', failed.outcome), failed.jobs::double precision
    from failed
    union all
    select 'oldest_snapshot_seconds', '{}', coalesce(extract(epoch from clock_timestamp() - min(session.xact_start)), 0)::double precision
    from pg_stat_activity as session
    where session.backend_xmin is not null and session.pid <> pg_backend_pid()
    union all
    select 'live_rows', '{}', pg_stat_get_live_tuples('fleet.job'::regclass)::double precision
    union all
    select 'dead_rows', '{}', pg_stat_get_dead_tuples('fleet.job'::regclass)::double precision
    union all
    select
        'partitions_ahead_seconds',
        '{}',
        greatest(coalesce(extract(epoch from max(days.last) + 1 - max(moment.now at time zone 'UTC')), 0), 0)::double precision
    from moment left join days on true
    union all
    select
        'stray_rows',
        '{}',
        (exists (select from fleet.attempt_default) or exists (select from fleet.job_history_default))::integer::double precision
    union all
    select 'cron_late', jsonb_build_object('task', cron.task), cron.late::integer::double precision
    from fleet.cron as cron
    where cron.late is not null
    union all
    select 'cron_since_success_seconds', jsonb_build_object('task', cron.task), extract(epoch from cron.since_success)::double precision
    from fleet.cron as cron
    where cron.since_success is not null
$$;
comment on function fleet.gauges(text[], integer[]) is
    'How the whole queue is, one row for each gauge that a collector takes; for queues with so many slots of a process, also how many processes they need.';

-- why_waiting: everything that keeps a waiting job from being claimed now.
--
-- Takes no lock. For fleet.why. Counts at most 10,000 jobs ahead.
create or replace function fleet.why_waiting(id bigint) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
    with job as (
        select live.id, live.kind, live.queue, live.state, live.priority, live.fair_key, live.run_at, live.crashes
        from fleet.job as live where live.id = $1 and live.worker is null
    ), reasons as (
        select 1 as place,
            case when job.run_at > fleet.now()
                then format('it is due in %s, at %s', date_trunc('second', job.run_at - fleet.now()), date_trunc('second', job.run_at))
                else 'it is due: the next claim makes it ready' end as reason
        from job where job.state = 'scheduled'
        union all
        select 2, format('its retry was put off: kind %s fails so often that its budget of %s retries a minute is spent; '
                         'select fleet.forgive(%L) lifts that', late.kind, known.retries_per_minute, late.kind)
        from job
        join fleet.job as late on late.id = job.id and late.put_off_until = late.run_at and late.run_at > fleet.now()
        join fleet.kind as known on known.kind = late.kind
        where job.state = 'scheduled'
        union all
        select 2, 'it has just arrived: the next claim admits it' from job where job.state = 'arriving'
        union all
        select 2,
            case when room.jobs > 0 or room.jobs is null
                then format('key %s has room again: the next claim lets it in', quote_literal(job.fair_key))
                else format('key %s has %s of %s jobs of queue %s ready or running, and this one is held behind %s',
                            quote_literal(job.fair_key), room.max_active - room.jobs, room.max_active, job.queue,
                            case when ahead.jobs > 10000 then 'more than 10000' else ahead.jobs::text end)
            end
        from job
        cross join lateral (
            select limits.room as jobs, limits.max_active from fleet.key_room(job.queue, job.fair_key) as limits
        ) as room
        cross join lateral (
            select count(*) as jobs from (
                select from fleet.job as other
                where other.state = 'held' and other.queue = job.queue and other.fair_key = job.fair_key
                    and (other.priority, other.id) < (job.priority, job.id)
                limit 10001
            ) as first
        ) as ahead
        where job.state = 'held'
        union all
        select 3, of_queue.reason from job cross join lateral fleet.why_queue(job.queue) as of_queue (reason)
        union all
        select 3, format('its worker has died %s times: it runs alone, once a worker has nothing else to do', job.crashes)
        from job where job.state = 'ready' and job.crashes >= 2
        union all
        select 4, case
                when not served.at_all then 'no worker is alive'
                when not served.queue then format('no live worker serves queue %s', job.queue)
                else format('no live worker of queue %s knows kind %s', job.queue, job.kind)
            end
        from job cross join lateral (
            select count(*) > 0 as at_all,
                coalesce(bool_or(job.queue = any(worker.queues)), false) as queue,
                coalesce(bool_or(job.queue = any(worker.queues) and job.kind = any(worker.kinds)), false) as kind
            from fleet.worker as worker where worker.lease_until > fleet.now()
        ) as served
        where not served.kind
        union all
        select 5, format('it is behind %s ready %s of its queue',
                         case when ahead.jobs > 10000 then 'more than 10000' else ahead.jobs::text end,
                         case when ahead.jobs = 1 then 'job' else 'jobs' end)
        from job cross join lateral (
            select count(*) as jobs from (
                select from fleet.job as other
                where other.state = 'ready' and other.queue = job.queue and (other.priority, other.id) < (job.priority, job.id)
                limit 10001
            ) as first
        ) as ahead
        where job.state = 'ready' and ahead.jobs > 0
    )
    select reasons.reason from (
        select place, reason from reasons
        union all
        select 9, 'nothing is in its way: the next worker with a free slot takes it'
        where exists (select from job) and not exists (select from reasons)
    ) as reasons
    order by reasons.place
$$;
comment on function fleet.why_waiting(bigint) is 'Internal: what keeps a waiting job from being claimed now.';

-- queues: how deep each queue is now, who works on it, and what is set for it.
--
-- $1 one queue, or null. Takes no lock. Counts at most 20,000 jobs of each sort; what is more is as deep as it was when last
-- looked at, if that was deeper.
with sample as (
    select known.queue, known.ready, known.scheduled, known.held, known.running, known.oldest_wait
    from fleet.depth_minute as known
    where known.at = (select max(newest.at) from fleet.depth_minute as newest)
), scheduled as (
    select few.queue, count(*) as jobs, sum(count(*)) over () as counted
    from (select job.queue from fleet.job as job where job.state = 'scheduled' order by job.run_at, job.id limit 20000) as few
    group by few.queue
), arriving as (
    select few.queue, count(*) as jobs, sum(count(*)) over () as counted
    from (select job.queue from fleet.job as job where job.state = 'arriving' order by job.id limit 20000) as few
    group by few.queue
), running as (
    select few.queue, count(*) as jobs
    from (select job.queue from fleet.job as job where job.state = 'running' limit 20000) as few
    group by few.queue
), served as (
    select of.queue, count(*) as workers, sum(worker.slots[of.place]) as slots
    from fleet.worker as worker cross join lateral unnest(worker.queues) with ordinality as of (queue, place)
    where worker.lease_until > fleet.now()
    group by of.queue
), recent as (
    select sums.queue, sum(sums.jobs) as jobs,
           coalesce(sum(sums.jobs) filter (where sums.outcome in ('failed', 'lost')), 0) as failed
    from fleet.job_minute as sums
    where sums.at >= fleet.now() - interval '1 hour'
    group by sums.queue
), named as (
    select kind.queue from fleet.kind as kind
    union select known.name from fleet.queue as known
    union select sample.queue from sample
    union select scheduled.queue from scheduled
    union select arriving.queue from arriving
    union select running.queue from running
    union select served.queue from served
    union select recent.queue from recent
)
select
    named.queue,
    case when ready.jobs >= 20000 then greatest(ready.jobs, sample.ready) else ready.jobs end as ready,
    ready.jobs >= 20000 as about,
    case when scheduled.counted >= 20000 then greatest(scheduled.jobs, sample.scheduled) else coalesce(scheduled.jobs, 0)
    end as scheduled,
    case when held.jobs >= 20000 or arriving.counted >= 20000 then greatest(held.jobs + coalesce(arriving.jobs, 0), sample.held)
        else held.jobs + coalesce(arriving.jobs, 0) end as held,
    coalesce(running.jobs, 0) as running,
    fleet.now() - ready.since as oldest_wait,
    coalesce(served.workers, 0) as workers,
    served.slots,
    coalesce(recent.jobs, 0)::bigint as ended,
    coalesce(recent.failed, 0)::bigint as failed,
    fleet.is_paused(named.queue) as paused,
    known.paused_at, known.paused_by, known.pause_reason, known.resume_at,
    known.max_running, known.rate_jobs, known.rate_per, known.rate_burst, known.ageing, bound.max_waiting
from named
cross join lateral (
    select count(*) as jobs, min(greatest(few.run_at, few.enqueued_at)) as since
    from (
        select job.run_at, job.enqueued_at from fleet.job as job
        where job.state = 'ready' and job.queue = named.queue
        order by job.priority, job.id
        limit 20000
    ) as few
) as ready
cross join lateral (
    select count(*) as jobs
    from (
        select from fleet.job as job where job.state = 'held' and job.queue = named.queue limit 20000
    ) as few
) as held
left join sample on sample.queue = named.queue
left join scheduled on scheduled.queue = named.queue
left join arriving on arriving.queue = named.queue
left join running on running.queue = named.queue
left join served on served.queue = named.queue
left join recent on recent.queue = named.queue
left join fleet.queue as known on known.name = named.queue
left join fleet.queue_depth_limit as bound on bound.queue = named.queue
where $1::text is null or named.queue = $1
order by named.queue
limit 500

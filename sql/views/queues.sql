-- queues: every queue that anything knows: how deep it is, how long it waits, how fast it goes, and who paused it.
create or replace view fleet.queues as
with live as (
    select
        job.queue,
        count(*) filter (where job.state = 'ready') as ready,
        count(*) filter (where job.state = 'scheduled') as scheduled,
        count(*) filter (where job.state in ('arriving', 'held')) as held,
        count(*) filter (where job.state = 'running') as running,
        min(greatest(job.run_at, job.enqueued_at)) filter (where job.state = 'ready') as ready_since
    from fleet.job as job
    group by job.queue
),
ended as (
    select history.queue, count(*) as jobs
    from fleet.job_history as history
    -- As subqueries, so that the time is asked for once and not for each row.
    where history.finished_at > (select fleet.now() - interval '1 minute')
        and history.finished_at <= (select fleet.now())
    group by history.queue
),
served as (
    select queue, count(*) as workers
    from fleet.worker as worker, unnest(worker.queues) as queue
    where worker.lease_until > fleet.now()
    group by queue
),
named as (
    select queue from live
    union select queue from ended
    union select queue from served
    union select kind.queue from fleet.kind as kind
    union select known.name from fleet.queue as known
)
select
    named.queue,
    coalesce(live.ready, 0) as ready,
    coalesce(live.scheduled, 0) as scheduled,
    coalesce(live.held, 0) as held,
    coalesce(live.running, 0) as running,
    fleet.now() - live.ready_since as oldest_wait,
    coalesce(ended.jobs, 0) as finished_last_minute,
    coalesce(served.workers, 0) as workers,
    pause.paused_at,
    pause.paused_by,
    pause.pause_reason,
    pause.resume_at,
    known.max_running,
    known.rate_jobs,
    known.rate_per,
    known.rate_burst,
    bound.max_waiting,
    known.ageing
from named
left join live on live.queue = named.queue
left join ended on ended.queue = named.queue
left join served on served.queue = named.queue
left join fleet.queue as known on known.name = named.queue
left join fleet.queue_depth_limit as bound on bound.queue = named.queue
left join fleet.queue as pause on pause.name = named.queue and fleet.is_paused(pause.name)
order by named.queue;
comment on view fleet.queues is
    'Each queue: its jobs by state, the longest wait of a ready one, what finished in the last minute, live workers, its pause, and its limits.';

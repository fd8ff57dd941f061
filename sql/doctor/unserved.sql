-- unserved: kinds of live jobs that no migration declared, or that no live worker of their queue runs.
with kind as (
    select job.kind, job.queue, count(*) as jobs from fleet.job as job group by job.kind, job.queue
)
select
    kind.kind, kind.queue, kind.jobs,
    exists (select from fleet.kind as known where known.kind = kind.kind) as is_declared,
    exists (
        select
        from fleet.worker as worker
        where worker.lease_until > fleet.now() and kind.kind = any(worker.kinds) and kind.queue = any(worker.queues)
    ) as is_served
from kind
order by kind.queue, kind.kind

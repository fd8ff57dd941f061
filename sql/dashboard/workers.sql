-- workers: every worker there is, dead ones that nobody has cleared away included, and how many jobs each runs.
--
-- Takes no lock.
select
    worker.id, worker.service, worker.replica, worker.version, worker.pid, worker.queues, worker.kinds, worker.slots,
    worker.memory, worker.started_at, fleet.now() - worker.started_at as age, worker.lease_until - fleet.now() as lease_left,
    (
        select count(*) from (
            select from fleet.job as job where job.state = 'running' and job.worker = worker.id limit 20000
        ) as few
    ) as running,
    (
        select fleet.now() - min(few.claimed_at) from (
            select job.claimed_at from fleet.job as job
            where job.state = 'running' and job.worker = worker.id limit 20000
        ) as few
    ) as longest,
    worker.version is distinct from first_value(worker.version) over (
        partition by worker.service order by worker.started_at desc
    ) as older
from fleet.worker as worker
order by worker.lease_until > fleet.now(), worker.service, worker.started_at desc, worker.id
limit 500

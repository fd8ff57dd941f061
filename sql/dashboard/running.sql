-- running: jobs that run now, those that have run for longest first.
--
-- $1 one worker, or null. Takes no lock.
select
    job.id, job.kind, job.queue, job.fair_key, job.unique_key, job.attempt, job.max_attempts, job.worker, worker.service,
    worker.replica, fleet.now() - job.claimed_at as age, job.claimed_at, known.time_limit,
    worker.lease_until - fleet.now() as lease_left, job.cancel_requested_at, job.progress::text as progress
from fleet.job as job
left join fleet.worker as worker on worker.id = job.worker
left join fleet.kind as known on known.kind = job.kind
where job.state = 'running' and ($1::uuid is null or job.worker = $1)
order by job.claimed_at, job.id
limit 200

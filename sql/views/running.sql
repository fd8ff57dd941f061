-- running: every running job: who runs it, since when, how far it is, and how long its worker's lease still lasts.
create or replace view fleet.running as
select
    job.id,
    job.kind,
    job.queue,
    coalesce(job.fair_key, job.unique_key) as key,
    job.attempt,
    job.max_attempts,
    job.worker,
    worker.service,
    worker.replica,
    fleet.now() - job.claimed_at as age,
    worker.lease_until - fleet.now() as lease_left,
    job.cancel_requested_at,
    job.progress
from fleet.job as job
left join fleet.worker as worker on worker.id = job.worker
where job.state = 'running'
order by job.claimed_at, job.id;
comment on view fleet.running is
    'Each running job: its worker, its age, how long its worker''s lease still lasts (negative: it is to be rescued), and its progress.';

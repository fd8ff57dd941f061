-- states: what some jobs are, for people to see what they are about to change.
--
-- $1 their ids, of which there are a page's. Takes no lock.
select job.id, job.kind, job.queue, job.state::text as state from fleet.job as job where job.id = any($1)
union all
select ended.id, ended.kind, ended.queue, ended.outcome::text from fleet.job_history as ended where ended.id = any($1)
limit 1000

-- job_status: where a job is, whether it is live or has ended.
--
-- $1 job. Takes no lock.
select job.state::text as status, job.progress::text as progress, null as result, null as error_message
from fleet.job as job
where job.id = $1
union all
select history.outcome::text, null, history.result::text, history.error_message
from fleet.job_history as history
where history.id = $1

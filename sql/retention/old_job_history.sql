-- old_job_history: removes finished jobs of days that never had a partition.
--
-- $1 what is older may go, $2 at most so many. Deletes at most that many rows of the default partition.
with old as (
    select id, finished_at
    from fleet.job_history_default
    where finished_at <= $1
    limit $2
    for update skip locked
)
delete from fleet.job_history_default as job
using old
where job.id = old.id and job.finished_at = old.finished_at

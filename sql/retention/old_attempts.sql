-- old_attempts: removes attempts of days that never had a partition.
--
-- $1 what is older may go, $2 at most so many. Deletes at most that many rows of the default partition.
with old as (
    select job_id, token, ended_at
    from fleet.attempt_default
    where ended_at <= $1
    limit $2
    for update skip locked
)
delete from fleet.attempt_default as attempt
using old
where attempt.job_id = old.job_id and attempt.token = old.token and attempt.ended_at = old.ended_at

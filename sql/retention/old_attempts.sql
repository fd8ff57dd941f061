-- old_attempts: removes attempts of days that never had a partition.
--
-- $1 now, $2 how long they are kept, $3 at most so many. Deletes at most that many rows of the default partition.
with old as (
    select job_id, token, ended_at
    from fleet.attempt_default
    where ended_at <= $1::timestamptz - $2::interval
    limit $3
    for update skip locked
)
delete from fleet.attempt_default as attempt
using old
where attempt.job_id = old.job_id and attempt.token = old.token and attempt.ended_at = old.ended_at

-- close_attempts: writes running attempts that did not succeed into the story; returns the ids whose claim was current.
--
-- For fleet.fail, snooze, release and rescue. Locks the jobs in id order, so that no two batches deadlock, and keeps them
-- locked for what the caller does with them next. An (id, token) that is not the current claim is left out of the answer
-- and changes nothing: that job was lost to another worker. Null for none, of which the caller has nothing to do next. An
-- attempt that was interrupted because somebody asked to cancel its job is a cancelled one. Kept to the primary key like
-- fleet.finish.
create or replace function fleet.close_attempts(
    ids bigint[], tokens integer[], outcome fleet.attempt_outcome, error_classes text[], error_messages text[], at timestamptz
) returns bigint[]
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_nestloop = off
set enable_mergejoin = off
as $$
declare
    v_closed bigint[];
begin
    with claimed as (
        select job.id, job.token, job.attempt, job.worker, job.claimed_at, ended.error_class,
               case when job.cancel_requested_at is not null and close_attempts.outcome = 'interrupted'
                   then 'cancelled' else close_attempts.outcome end as outcome,
               case when job.cancel_requested_at is not null and close_attempts.outcome = 'interrupted'
                   then job.cancel_reason else ended.error_message end as error_message
        from unnest(close_attempts.ids, close_attempts.tokens, close_attempts.error_classes, close_attempts.error_messages)
            as ended (id, token, error_class, error_message)
        join fleet.job as job on job.id = ended.id and job.token = ended.token and job.worker is not null
        where job.id = any(close_attempts.ids)
        order by job.id
        for update of job
    ), closed as (
        insert into fleet.attempt
            (job_id, token, attempt, outcome, worker, started_at, ended_at, error_class, error_message)
        select claimed.id, claimed.token, claimed.attempt, claimed.outcome, claimed.worker, claimed.claimed_at,
               close_attempts.at, claimed.error_class, claimed.error_message
        from claimed
        returning fleet.attempt.job_id
    )
    select array_agg(closed.job_id) into v_closed from closed;
    return v_closed;
end
$$;
comment on function fleet.close_attempts(bigint[], integer[], fleet.attempt_outcome, text[], text[], timestamptz) is
    'Internal: write running attempts that did not succeed into the story.';

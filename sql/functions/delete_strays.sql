-- delete_strays: deletes finished jobs (job_history) or attempts (attempt) of days that never had a partition.
--
-- Locks at most so many rows of the default partition, skipping those that somebody holds; returns how many it deleted.
-- Raises FL002 for any other table.
create or replace function fleet.delete_strays(parent text, before timestamptz, at_most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_deleted integer;
begin
    if delete_strays.parent = 'job_history' then
        with old as (
            select id, finished_at from fleet.job_history_default
            where finished_at <= delete_strays.before
            limit delete_strays.at_most
            for update skip locked
        )
        delete from fleet.job_history_default as job using old where job.id = old.id and job.finished_at = old.finished_at;
    elsif delete_strays.parent = 'attempt' then
        with old as (
            select job_id, token, ended_at from fleet.attempt_default
            where ended_at <= delete_strays.before
            limit delete_strays.at_most
            for update skip locked
        )
        delete from fleet.attempt_default as attempt using old
        where attempt.job_id = old.job_id and attempt.token = old.token and attempt.ended_at = old.ended_at;
    else
        raise exception sqlstate 'FL002' using
            message = format('%s is not kept by day', quote_nullable(left(delete_strays.parent, 64))),
            hint = 'Kept by day are job_history and attempt.';
    end if;
    get diagnostics v_deleted = row_count;
    return v_deleted;
end
$$;
comment on function fleet.delete_strays(text, timestamptz, integer) is
    'Delete finished jobs or attempts that lie in no day''s partition and are older than a time.';

-- delete_cron_runs: deletes records of cron tasks that are older than a time; returns how many.
--
-- Locks at most so many rows, skipping those that somebody holds. The last run of a task that was done stays, so that
-- what was missed since can be told. A run without an end goes as any other.
create or replace function fleet.delete_cron_runs(before timestamptz, at_most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_deleted integer;
begin
    with last_done as (
        select done.task, max(done.id) as id
        from fleet.cron_run as done
        where done.outcome = 'done' and not done.dry_run
        group by done.task
    ), old as (
        select run.task, run.id
        from fleet.cron_run as run
        where run.started_at <= delete_cron_runs.before
            and not exists (select from last_done where last_done.task = run.task and last_done.id = run.id)
        limit delete_cron_runs.at_most
        for update of run skip locked
    )
    delete from fleet.cron_run as run using old where run.task = old.task and run.id = old.id;
    get diagnostics v_deleted = row_count;
    return v_deleted;
end
$$;
comment on function fleet.delete_cron_runs(timestamptz, integer) is 'Delete records of cron tasks that are older than a time.';

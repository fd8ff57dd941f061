-- begin_cron_run: records that a run of a cron task begins, if no other run of it is under way.
--
-- Takes an advisory lock that goes with the session, so that a run that died does not stop the next one; end_cron_run
-- gives it back. Without the lock (alone is false) the run is recorded as skipped and must do nothing. Says how long ago
-- the last run started that was done, how many were missed since, and how many since then never ended. Keeps the newest
-- thousand runs of a task, and the last that was done. Raises FL002.
create or replace function fleet.begin_cron_run(task text, every interval, version text, dry_run boolean default false)
returns table (run bigint, alone boolean, since_success interval, missed integer, unfinished integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := fleet.now();
    v_done bigint;
    v_done_at timestamptz;
begin
    if (begin_cron_run.task ~ '^[a-z][a-z0-9-]{0,62}$' and begin_cron_run.every > interval '0') is not true then
        raise exception sqlstate 'FL002' using
            message = format(
                '%s every %s is no cron task', quote_nullable(left(begin_cron_run.task, 64)),
                quote_nullable(begin_cron_run.every::text)
            ),
            hint = 'A task has a name of small letters, digits and dashes, and runs every so often.';
    end if;
    begin_cron_run.alone := pg_try_advisory_lock(hashtextextended('fleet.cron.' || begin_cron_run.task, 0));
    select done.id, done.started_at into v_done, v_done_at
    from fleet.cron_run as done
    where done.task = begin_cron_run.task and done.outcome = 'done' and not done.dry_run
    order by done.id desc
    limit 1;
    begin_cron_run.since_success := v_now - v_done_at;
    -- A start that is late by less than half of the interval is no missed one.
    begin_cron_run.missed := coalesce(least(greatest(round(
        extract(epoch from v_now - v_done_at) / extract(epoch from begin_cron_run.every)
    ) - 1, 0), 1000000), 0);
    select count(*) into begin_cron_run.unfinished
    from fleet.cron_run as earlier
    where earlier.task = begin_cron_run.task and earlier.id > coalesce(v_done, 0) and earlier.ended_at is null;
    delete from fleet.cron_run as old
    where old.task = begin_cron_run.task
        and old.id <= (
            select newest.id from fleet.cron_run as newest
            where newest.task = begin_cron_run.task
            order by newest.id desc
            offset 999 limit 1
        )
        and old.id is distinct from v_done;
    insert into fleet.cron_run as begun (task, every, dry_run, version, started_at, ended_at, outcome, since_success, missed)
    values (
        begin_cron_run.task, begin_cron_run.every, begin_cron_run.dry_run, left(begin_cron_run.version, 200), v_now,
        case when not begin_cron_run.alone then v_now end,
        case when not begin_cron_run.alone then 'skipped' end,
        begin_cron_run.since_success, begin_cron_run.missed
    )
    returning begun.id into begin_cron_run.run;
    return next;
end
$$;
comment on function fleet.begin_cron_run(text, interval, text, boolean) is
    'Begin a run of a cron task: select * from fleet.begin_cron_run(''vacuum-report'', ''1 day'', ''1'').';

-- end_cron_run: records how a run of a cron task ended, and lets the next one begin.
--
-- Locks the row of the run, and gives back the advisory lock of begin_cron_run; returns whether the session had it. A run
-- that has ended keeps its record.
create or replace function fleet.end_cron_run(task text, run bigint, outcome text, counts jsonb default '{}', error_class text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fleet.cron_run as ended
    set ended_at = fleet.now(),
        outcome = end_cron_run.outcome,
        counts = end_cron_run.counts,
        error_class = left(end_cron_run.error_class, 200)
    where ended.task = end_cron_run.task and ended.id = end_cron_run.run and ended.ended_at is null;
    return pg_advisory_unlock(hashtextextended('fleet.cron.' || end_cron_run.task, 0));
end
$$;
comment on function fleet.end_cron_run(text, bigint, text, jsonb, text) is
    'End a run of a cron task: select fleet.end_cron_run(''vacuum-report'', 7, ''done'', ''{"tables": 12}'').';

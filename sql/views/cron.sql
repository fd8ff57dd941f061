-- cron: every task that a platform's cron starts: how its newest run stands, when one was done last, and whether that is too long ago.
create or replace view fleet.cron as
with task as (
    select run.task, min(run.started_at) as known_since, max(run.started_at) filter (where run.outcome = 'done' and not run.dry_run) as done_at
    from fleet.cron_run as run
    group by run.task
)
select
    task.task,
    newest.every,
    case
        when newest.outcome is not null then newest.outcome
        when exists (
            select
            from pg_catalog.pg_locks as held
            cross join lateral (select pg_catalog.hashtextextended('fleet.cron.' || task.task, 0) as number) as key
            where held.locktype = 'advisory'
                and held.database = (select own.oid from pg_catalog.pg_database as own where own.datname = pg_catalog.current_database())
                and held.objsubid = 1
                and held.classid = ((key.number >> 32) & 4294967295)::oid
                and held.objid = (key.number & 4294967295)::oid
        ) then 'running'
        else 'unfinished'
    end as state,
    newest.started_at,
    newest.ended_at - newest.started_at as took,
    newest.counts,
    newest.error_class,
    newest.version,
    fleet.now() - task.done_at as since_success,
    fleet.now() - coalesce(task.done_at, task.known_since) > newest.every * 1.5 as late
from task
cross join lateral (
    select run.every, run.outcome, run.started_at, run.ended_at, run.counts, run.error_class, run.version
    from fleet.cron_run as run
    where run.task = task.task and run.outcome is distinct from 'skipped' and not run.dry_run
    order by run.id desc
    limit 1
) as newest
order by task.task;
comment on view fleet.cron is
    'Each cron task: how its newest run stands (unfinished: it was killed), and whether one was done in time.';

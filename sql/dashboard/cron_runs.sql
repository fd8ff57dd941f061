-- cron_runs: runs of a cron task, the newest first.
--
-- $1 task, $2 below this number. Takes no lock.
select
    run.id, run.started_at, run.ended_at, run.ended_at - run.started_at as took, run.outcome, run.dry_run, run.version, run.missed,
    run.counts::text as counts, run.error_class
from fleet.cron_run as run
where run.task = $1 and run.id < $2
order by run.id desc
limit 50

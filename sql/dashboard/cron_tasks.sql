-- cron_tasks: each cron task: how its newest run stands, and whether one was done in time.
--
-- Takes no lock.
select
    cron.task, cron.every, cron.state, cron.started_at, cron.took, cron.counts::text as counts, cron.error_class, cron.version,
    cron.since_success, cron.late
from fleet.cron as cron
order by cron.task
limit 100

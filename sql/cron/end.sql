-- end: records how a run ended and lets the next one begin.
--
-- $1 task, $2 run, $3 outcome, $4 counts, $5 class of the error that ended it. Locks the row of the run.
select fleet.end_cron_run($1, $2, $3, $4::text::jsonb, $5)

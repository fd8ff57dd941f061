-- delete_cron_runs: removes old records of cron tasks; returns how many.
--
-- $1 what is older may go, $2 at most so many.
select fleet.delete_cron_runs($1, $2)

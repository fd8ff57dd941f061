-- foreseen_of_queue: how much of the queue's records a sweep would remove now.
--
-- $1 jobs, $2 workers, $3 records of cron tasks, $4 minutes and $5 hours of sums, $6 records of actions that are older. Takes
-- no lock.
select job_days, jobs, attempts, workers, cron_runs, minutes, hours, actions
from fleet.count_expired($1, $2, $3, $4, $5, $6)

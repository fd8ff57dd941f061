-- foreseen_of_queue: how much of the queue's records a sweep would remove now.
--
-- $1 jobs, $2 workers, $3 records of cron tasks that are older. Takes no lock.
select job_days, jobs, attempts, workers, cron_runs from fleet.count_expired($1, $2, $3)

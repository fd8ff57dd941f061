-- story: what happened to a job, in order.
--
-- $1 its id. Takes no lock.
select told.at, told.event, told.attempt, told.worker, told.detail from fleet.story($1) as told limit 1000

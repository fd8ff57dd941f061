-- health: whether the queue is well: one row for each check.
--
-- Takes no lock. Reads the ready jobs, so it is for once in a while.
select checked.check, checked.ok, checked.detail from fleet.health() as checked

-- resume: lets claims take from a queue again.
--
-- $1 the queue. Locks the queue's row.
select changed.name, changed.was, changed.now from fleet.resume($1) as changed

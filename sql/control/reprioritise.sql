-- reprioritise: gives waiting jobs another priority.
--
-- $1 their ids, $2 the priority. Locks them in the order of their ids.
select changed.id, changed.was, changed.now from fleet.reprioritise($1, $2) as changed

-- pause: stops claims from a queue.
--
-- $1 the queue, $2 for how long, or null, $3 why. Locks the queue's row.
select changed.name, changed.was, changed.now from fleet.pause($1, for_ => $2, reason => $3) as changed

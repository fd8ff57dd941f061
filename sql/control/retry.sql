-- retry: brings jobs back that failed, were cancelled or lost.
--
-- $1 their ids. Locks them in the order of their ids.
select changed.id, changed.was, changed.now from fleet.retry($1) as changed

-- cancel: cancels jobs.
--
-- $1 their ids, $2 why. Locks them in the order of their ids.
select changed.id, changed.was, changed.now from fleet.cancel($1, reason => $2) as changed

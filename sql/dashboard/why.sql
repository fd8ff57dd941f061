-- why: why a job is not running, or what became of it.
--
-- $1 its id. Takes no lock.
select reason.sentence from fleet.why($1) as reason (sentence)

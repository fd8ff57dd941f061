-- limits: how long one batch may wait for a lock and run, for the transaction it is part of.
--
-- Takes no lock.
select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)

-- end_alone: let another session sweep.
--
-- Releases the advisory lock of begin_alone.
select pg_advisory_unlock(hashtextextended('fleet.retention', 0))

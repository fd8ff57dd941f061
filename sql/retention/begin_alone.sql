-- begin_alone: whether this session is now the one that sweeps; false while another session does.
--
-- Takes an advisory lock that goes with the session, so that a sweep that died does not stop the next one.
select pg_try_advisory_lock(hashtextextended('fleet.retention', 0))

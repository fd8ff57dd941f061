-- time: what the database's clock says, which all workers share.
--
-- Takes no lock.
select clock_timestamp()

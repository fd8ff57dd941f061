-- make_partitions: gives the coming days their partitions; returns how many it made.
--
-- Locks the default partitions for a moment; see the function.
select fleet.make_partitions()

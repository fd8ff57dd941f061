-- make_partitions: gives the coming days their partitions; returns how many it made.
--
-- $1 how many days ahead. Locks the default partitions for a moment; see the function.
select fleet.make_partitions($1)

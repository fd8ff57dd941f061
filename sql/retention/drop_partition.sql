-- drop_partition: drops a day of finished jobs or attempts.
--
-- $1 its name. Locks the table it is a part of for a moment.
select fleet.drop_partition($1)

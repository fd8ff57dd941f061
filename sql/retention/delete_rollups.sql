-- delete_rollups: removes old sums of finished jobs, or records of what people did; returns how many.
--
-- $1 which, $2 what is older may go, $3 at most so many.
select fleet.delete_rollups($1, $2, $3)

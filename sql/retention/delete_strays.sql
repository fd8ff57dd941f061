-- delete_strays: removes finished jobs or attempts of days that never had a partition; returns how many.
--
-- $1 job_history or attempt, $2 what is older may go, $3 at most so many.
select fleet.delete_strays($1, $2, $3)

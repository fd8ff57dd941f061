-- delete_workers: removes workers that died long ago and have no jobs; returns how many.
--
-- $1 who died before may go, $2 at most so many.
select fleet.delete_workers($1, $2)

-- old_partitions: the days of finished jobs and attempts that are over for as long as they are kept.
--
-- $1 what is older may go. Takes no lock. A day goes when its last moment is old enough. The default partitions are no day.
select partition.relname::text as name
from pg_catalog.pg_inherits as inheritance
join pg_catalog.pg_class as partition on partition.oid = inheritance.inhrelid
cross join lateral (
    select to_date(substring(partition.relname from '_([0-9]{8})$'), 'YYYYMMDD') as first_day
) as part
where inheritance.inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
    and (part.first_day + 1)::timestamp at time zone 'UTC' <= $1
order by partition.relname

-- old_partitions: the days of finished jobs and attempts that are over for as long as they are kept; each with the
-- statement that drops it.
--
-- $1 now, $2 how long. Takes no lock. A day goes when its last moment is old enough.
select partition.relname::text as name, format('drop table fleet.%I', partition.relname) as dropping
from pg_catalog.pg_inherits as inheritance
join pg_catalog.pg_class as partition on partition.oid = inheritance.inhrelid
join pg_catalog.pg_class as parent on parent.oid = inheritance.inhparent
where inheritance.inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
    and partition.relname ~ ('^' || parent.relname || '_[0-9]{8}$')
    and (to_date(right(partition.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= $1::timestamptz - $2::interval
order by partition.relname

-- holders: what keeps dead rows from being vacuumed: old transactions, prepared ones, replication slots, replicas' feedback.
--
-- $1 from which age on. Whoever may not see the sessions of others sees no transaction of theirs.
select 'transaction' as sort, session.pid::text as name, session.usename::text as user,
    coalesce(nullif(session.application_name, ''), session.backend_type) as program, session.state,
    clock_timestamp() - session.xact_start as age, null::bigint as octets
from pg_stat_activity as session
where session.xact_start < clock_timestamp() - $1::interval and session.pid <> pg_backend_pid()
    and session.backend_type in ('client backend', 'parallel worker')
    and session.datname = current_database()
union all
select 'prepared', prepared.gid, prepared.owner::text, null, null, clock_timestamp() - prepared.prepared, null
from pg_prepared_xacts as prepared
where prepared.prepared < clock_timestamp() - $1::interval
union all
select 'slot', slot.slot_name::text, null, slot.plugin::text, case when slot.active then 'active' else 'idle' end, null,
    pg_wal_lsn_diff(case when not pg_is_in_recovery() then pg_current_wal_lsn() end, slot.restart_lsn)::bigint
from pg_replication_slots as slot
where not slot.active and (slot.restart_lsn is not null or slot.xmin is not null or slot.catalog_xmin is not null)
union all
select 'replica', replica.application_name, replica.usename::text, replica.client_addr::text, replica.state, null,
    age(replica.backend_xmin)::bigint
from pg_stat_replication as replica
where age(replica.backend_xmin) > 10000000
order by 1, 2

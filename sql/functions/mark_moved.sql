-- mark_moved: tells the rollups that what this transaction wrote was moved, and is counted.
--
-- For fleet.make_partitions, which holds the lock of the rollups. Locks their row. The transaction may be part of another
-- one, so it is given as the rows show it.
create or replace function fleet.mark_moved(writer xid) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    update fleet.rollup as rollup
    set moved = rollup.moved || (
        own.number + ((($1::text::bigint - own.number + 2147483648) & 4294967295) - 2147483648)
    )::text::xid8
    from (select pg_current_xact_id()::text::bigint as number) as own
$$;
comment on function fleet.mark_moved(xid) is 'Internal: tell the rollups that what a transaction wrote was moved.';

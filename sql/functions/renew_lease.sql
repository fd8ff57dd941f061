-- renew_lease: prolongs a worker's lease, counted from now; false when it has none left to prolong.
--
-- Locks the worker's row. A lease that ran out is gone for good, whether or not anybody has rescued its jobs yet.
drop function if exists fleet.renew_lease(uuid, interval);
create or replace function fleet.renew_lease(worker uuid, lease interval, memory bigint default null) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fleet.worker
    set lease_until = fleet.now() + renew_lease.lease,
        memory = coalesce(renew_lease.memory, fleet.worker.memory)
    where id = renew_lease.worker and lease_until > fleet.now();
    return found;
end
$$;
comment on function fleet.renew_lease(uuid, interval, bigint) is
    'Prolong a worker''s lease, and note how much memory it takes; false when the lease was lost.';

-- renew_lease: prolongs a worker's lease, counted from now; false when it has none left to prolong.
--
-- Locks the worker's row. A lease that ran out is gone for good, whether or not anybody has rescued its jobs yet.
create or replace function fleet.renew_lease(worker uuid, lease interval) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fleet.worker
    set lease_until = fleet.now() + renew_lease.lease
    where id = renew_lease.worker and lease_until > fleet.now();
    return found;
end
$$;
comment on function fleet.renew_lease(uuid, interval) is 'Prolong a worker''s lease; false when it was lost.';

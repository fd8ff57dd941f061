-- retire_worker: ends a worker's lease, handing back whatever it still has.
--
-- Locks the worker's row, then its jobs in id order. What is handed back this way counts as lost, not as interrupted:
-- a worker that shuts down in order releases its jobs first.
create or replace function fleet.retire_worker(worker uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fleet.worker set lease_until = '-infinity' where id = retire_worker.worker;
    perform fleet.rescue();
end
$$;
comment on function fleet.retire_worker(uuid) is 'End a worker''s lease for good.';

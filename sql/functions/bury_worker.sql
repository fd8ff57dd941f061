-- bury_worker: declares a worker dead, and hands its jobs to others at once.
--
-- For its keeper, which saw it die. Locks the worker's row, then as fleet.rescue does. The attempts stay counted, as for any
-- worker that was lost. Returns how many dead workers' jobs it rescued; a worker with very many has the rest rescued by
-- claims, which it wakes.
create or replace function fleet.bury_worker(worker uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fleet.worker set lease_until = '-infinity' where id = bury_worker.worker;
    return fleet.rescue();
end
$$;
comment on function fleet.bury_worker(uuid) is 'Declare a worker dead, and hand its jobs to others.';

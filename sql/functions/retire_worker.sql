-- retire_worker: ends a worker's lease, handing back whatever it still has.
--
-- Locks the worker's jobs in id order, then its row. Its jobs count as interrupted: a worker that retires does so in order,
-- and what it still has are claims whose answer it did not wait for.
create or replace function fleet.retire_worker(worker uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids bigint[];
    v_tokens integer[];
begin
    select array_agg(held.id), array_agg(held.token) into v_ids, v_tokens
    from fleet.held_by(retire_worker.worker) as held;
    perform fleet.release(v_ids, v_tokens, 'its worker retired');
    update fleet.worker set lease_until = '-infinity' where id = retire_worker.worker;
    -- Buries the row, with whatever was claimed meanwhile.
    perform fleet.rescue();
end
$$;
comment on function fleet.retire_worker(uuid) is 'End a worker''s lease for good.';

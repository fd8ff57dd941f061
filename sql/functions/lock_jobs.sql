-- lock_jobs: locks the live ones of these jobs against everybody else, and says what state each job is in.
--
-- For the functions that change jobs by their ids. Locks in id order, so that no two of them, and no ending, deadlock.
-- One row for each different id, unknown ones with null. Wakes the queues of the ready ones: a claim that passes over them
-- while they are locked does not come back by itself.
create or replace function fleet.lock_jobs(ids bigint[]) returns table (id bigint, was text)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_ready text[];
begin
    with locked as (
        select job.queue, job.state from fleet.job as job where job.id = any(lock_jobs.ids) order by job.id for update
    )
    select array_agg(locked.queue) filter (where locked.state = 'ready') into v_ready from locked;
    perform fleet.wake(v_ready) where v_ready is not null;
    -- A statement of its own: it sees what whoever held a lock meanwhile has committed.
    return query
    select given.id, fleet.state_of(given.id)
    from (select distinct unnest(lock_jobs.ids) as id) as given
    where given.id is not null;
end
$$;
comment on function fleet.lock_jobs(bigint[]) is 'Internal: lock the live ones of these jobs, and say what state each job is in.';

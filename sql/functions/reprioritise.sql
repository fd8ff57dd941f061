-- reprioritise: gives waiting jobs another priority; the lowest number runs first.
--
-- Locks the jobs in id order. Running, finished and unknown jobs stay as they are. One row for each different id; was and
-- now are states or outcomes.
create or replace function fleet.reprioritise(ids bigint[], priority integer) returns table (id bigint, was text, now text)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_ids bigint[];
    v_was text[];
    v_queues text[];
    v_keys text[];
begin
    if reprioritise.priority is null then
        raise exception sqlstate 'FL002' using message = 'give a priority; the lowest number runs first';
    end if;
    perform fleet.check_values(null, null, reprioritise.priority, null);
    select array_agg(locked.id), array_agg(locked.was) into v_ids, v_was from fleet.lock_jobs(reprioritise.ids) as locked;

    with changed as (
        update fleet.job as job
        set priority = reprioritise.priority
        where job.id = any(v_ids) and job.worker is null
        returning job.queue, job.fair_key, job.state
    )
    select array_agg(changed.queue), array_agg(changed.fair_key) into v_queues, v_keys
    from changed where changed.state = 'held';
    perform fleet.free_keys(v_queues, v_keys) where v_keys is not null;

    return query
    select given.id, given.was, fleet.state_of(given.id) from unnest(v_ids, v_was) as given (id, was) order by given.id;
end
$$;
comment on function fleet.reprioritise(bigint[], integer) is
    'Give waiting jobs another priority, of which the lowest number runs first: select * from fleet.reprioritise(array[42], -1).';

-- move: puts waiting jobs into another queue.
--
-- Locks the jobs in id order. A job with a fair key arrives in the other queue anew, and its key's next one gets the place
-- it had. Running, finished and unknown jobs stay as they are. One row for each different id; was and
-- now are states or outcomes.
create or replace function fleet.move(ids bigint[], queue text) returns table (id bigint, was text, now text)
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
    v_left_queues text[];
    v_keys text[];
begin
    if move.queue is null then
        raise exception sqlstate 'FL002' using message = 'give a queue to move the jobs to';
    end if;
    perform fleet.check_values(move.queue, null, null, null);
    select array_agg(locked.id), array_agg(locked.was) into v_ids, v_was from fleet.lock_jobs(move.ids) as locked;

    select array_agg(job.queue), array_agg(job.fair_key) into v_left_queues, v_keys
    from fleet.job as job
    where job.id = any(v_ids) and job.worker is null and job.fair_key is not null;
    with changed as (
        update fleet.job as job
        set queue = move.queue,
            state = case
                when job.fair_key is not null and job.state <> 'scheduled' then 'arriving' else job.state
            end
        where job.id = any(v_ids) and job.worker is null
        returning job.queue
    )
    select array_agg(changed.queue) into v_queues from changed;
    perform fleet.wake(v_queues);
    perform fleet.free_keys(v_left_queues, v_keys) where v_keys is not null;

    return query
    select given.id, given.was, fleet.state_of(given.id) from unnest(v_ids, v_was) as given (id, was) order by given.id;
end
$$;
comment on function fleet.move(bigint[], text) is
    'Put waiting jobs into another queue: select * from fleet.move(array[42], ''analysis_priority'').';

-- rescue: takes the jobs of dead workers back; returns how many.
--
-- Locks expired worker rows, then at most p_limit of their jobs, skipping what another rescue holds, so it waits for
-- nobody. Looks only at leases, never at the age or the kind of a job. The attempt stays counted: a job that kills its
-- workers ends as lost when its attempts are used up. A worker's row goes with its last job.
-- What it was to run alone (fleet.quarantine) is for another one then, which may sleep.
create or replace function fleet.rescue(p_limit integer default 500) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := fleet.now();
    v_dead uuid[];
    v_ids bigint[];
    v_tokens integer[];
    v_ending bigint[];
    v_queues text[];
begin
    v_dead := array(
        select id from fleet.worker where lease_until <= v_now limit 20 for update skip locked
    );
    if v_dead = '{}' then
        return 0;
    end if;
    -- In the order of the index of running jobs: by id alone, a generic plan walks the whole primary key.
    with orphan as (
        select id, token, attempt >= max_attempts as ending from fleet.job
        where state = 'running' and worker = any(v_dead)
        order by worker, id
        limit p_limit
        for update skip locked
    )
    select coalesce(array_agg(id), '{}'), array_agg(token), array_agg(id) filter (where ending)
    into v_ids, v_tokens, v_ending
    from orphan;

    perform fleet.close_attempts(
        v_ids,
        v_tokens,
        'lost',
        array_fill('WorkerLost'::text, array[cardinality(v_ids)]),
        array_fill('the worker died or lost touch while running this job'::text, array[cardinality(v_ids)]),
        v_now
    );
    perform fleet.end_jobs(v_ending, 'lost', v_now);
    perform fleet.put_back(array(select unnest(v_ids) except select unnest(v_ending)), null, 'lost', v_now);

    with gone as (
        delete from fleet.worker
        where id = any(v_dead)
            and not exists (select from fleet.job where state = 'running' and worker = fleet.worker.id)
        returning queues
    )
    select array_agg(served.queue) into v_queues from gone cross join unnest(gone.queues) as served (queue);
    if exists (select from fleet.job where crashes >= 2 and state = 'ready') then
        perform fleet.wake(v_queues);
    end if;
    return cardinality(v_ids);
end
$$;
comment on function fleet.rescue(integer) is 'Take the jobs of workers whose lease ran out back into their queues.';

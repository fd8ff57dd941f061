-- rescue: takes the jobs of dead workers back; returns how many.
--
-- Locks expired worker rows, then at most p_limit of their jobs, skipping what another rescue holds, so it waits for
-- nobody. Looks only at leases, never at the age or the kind of a job. The attempt stays counted: a job that kills its
-- workers ends as lost when its attempts are used up. A worker's row goes with its last job.
create or replace function fleet.rescue(p_limit integer default 500) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := fleet.now();
    v_dead uuid[];
    v_orphans bigint[];
    v_queues text[];
begin
    v_dead := array(
        select id from fleet.worker where lease_until <= v_now order by id limit 20 for update skip locked
    );
    if v_dead = '{}' then
        return 0;
    end if;
    -- In the order of the index of running jobs: by id alone, a generic plan walks the whole primary key.
    v_orphans := array(
        select id from fleet.job
        where state = 'running' and worker = any(v_dead)
        order by worker, id
        limit p_limit
        for update skip locked
    );

    insert into fleet.attempt (job_id, token, attempt, outcome, worker, started_at, ended_at, error_class, error_message)
    select id, token, attempt, 'lost', worker, claimed_at, v_now, 'WorkerLost', 'the worker died or lost touch while running this job'
    from fleet.job where id = any(v_orphans);

    with gone as (
        delete from fleet.job
        where id = any(v_orphans) and attempt >= max_attempts
        returning id, kind, queue, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, worker, enqueued_at, claimed_at
    )
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, worker,
         enqueued_at, claimed_at, finished_at, error_class, error_message)
    select id, kind, queue, 'lost', priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, worker,
           enqueued_at, claimed_at, v_now, 'WorkerLost', 'every worker that ran this job died or lost touch'
    from gone;

    with handed_back as (
        update fleet.job
        set state = 'ready', token = token + 1, worker = null, claimed_at = null, progress = null
        where id = any(v_orphans)
        returning queue
    )
    select array_agg(queue) into v_queues from handed_back;
    perform fleet.wake(v_queues);

    delete from fleet.worker
    where id = any(v_dead)
        and not exists (select from fleet.job where state = 'running' and worker = fleet.worker.id);
    return cardinality(v_orphans);
end
$$;
comment on function fleet.rescue(integer) is 'Take the jobs of workers whose lease ran out back into their queues.';

-- release: hands running jobs back because their worker stops, giving the attempt back; returns the ids it accepted.
--
-- Locks the jobs in id order. After the tenth interruption attempts are no longer given back, so that a job which never
-- fits between two shutdowns ends visibly instead of running for ever. A job whose last attempt is not given back ends
-- as lost when it is next rescued or claimed, so it is ended here at once.
create or replace function fleet.release(ids bigint[], tokens integer[], reason text) returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    c_interruptions constant integer := 10;
    v_now timestamptz := fleet.now();
    v_queues text[];
begin
    return query
    with claimed as (
        select job.id, job.token, job.attempt, job.worker, job.claimed_at
        from unnest(release.ids, release.tokens) as ended (id, token)
        join fleet.job as job on job.id = ended.id and job.token = ended.token and job.worker is not null
        order by job.id
        for update of job
    )
    insert into fleet.attempt (job_id, token, attempt, outcome, worker, started_at, ended_at, error_message)
    select claimed.id, claimed.token, claimed.attempt, 'interrupted', claimed.worker, claimed.claimed_at, v_now, release.reason
    from claimed
    returning fleet.attempt.job_id;

    with gone as (
        delete from fleet.job as job
        using unnest(release.ids, release.tokens) as ended (id, token)
        where job.id = ended.id and job.token = ended.token and job.worker is not null
            and job.interruptions >= c_interruptions and job.attempt >= job.max_attempts
        returning
            job.id, job.kind, job.queue, job.priority, job.args, job.attempt, job.max_attempts, job.unique_key,
            job.fair_key, job.traceparent, job.worker, job.enqueued_at, job.claimed_at
    )
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, worker,
         enqueued_at, claimed_at, finished_at, error_class, error_message)
    select gone.id, gone.kind, gone.queue, 'lost', gone.priority, gone.args, gone.attempt, gone.max_attempts,
           gone.unique_key, gone.fair_key, gone.traceparent, gone.worker, gone.enqueued_at, gone.claimed_at,
           greatest(v_now, gone.claimed_at), 'Interrupted', 'cut short by a shutdown more often than it may be'
    from gone;

    with handed_back as (
        update fleet.job as job
        set state = 'ready',
            attempt = job.attempt - case when job.interruptions < c_interruptions then 1 else 0 end,
            interruptions = job.interruptions + 1,
            token = job.token + 1,
            worker = null,
            claimed_at = null,
            progress = null
        from unnest(release.ids, release.tokens) as ended (id, token)
        where job.id = ended.id and job.token = ended.token and job.worker is not null
        returning job.queue
    )
    select array_agg(queue) into v_queues from handed_back;
    perform fleet.wake(v_queues);
end
$$;
comment on function fleet.release(bigint[], integer[], text) is
    'Hand running jobs back because their worker stops; the attempt is given back.';

-- fail: ends an attempt that raised: the job runs again after its delay, or moves into the history as failed.
--
-- A null delay, or no attempt left, ends the job. Locks the jobs in id order. Returns the ids it accepted; an (id, token)
-- that is not the current claim changes nothing.
create or replace function fleet.fail(
    ids bigint[], tokens integer[], delays interval[], error_classes text[], error_messages text[]
) returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_queues text[];
begin
    return query
    with claimed as (
        select job.id, job.token, job.attempt, job.worker, job.claimed_at, ended.error_class, ended.error_message
        from unnest(fail.ids, fail.tokens, fail.error_classes, fail.error_messages)
            as ended (id, token, error_class, error_message)
        join fleet.job as job on job.id = ended.id and job.token = ended.token and job.worker is not null
        order by job.id
        for update of job
    )
    insert into fleet.attempt (job_id, token, attempt, outcome, worker, started_at, ended_at, error_class, error_message)
    select claimed.id, claimed.token, claimed.attempt, 'failed', claimed.worker, claimed.claimed_at, v_now,
           claimed.error_class, claimed.error_message
    from claimed
    returning fleet.attempt.job_id;

    with gone as (
        delete from fleet.job as job
        using unnest(fail.ids, fail.tokens, fail.delays, fail.error_classes, fail.error_messages)
            as ended (id, token, delay, error_class, error_message)
        where job.id = ended.id and job.token = ended.token and job.worker is not null
            and (ended.delay is null or job.attempt >= job.max_attempts)
        returning
            job.id, job.kind, job.queue, job.priority, job.args, job.attempt, job.max_attempts, job.unique_key,
            job.fair_key, job.traceparent, job.worker, job.enqueued_at, job.claimed_at,
            ended.error_class, ended.error_message
    )
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, worker,
         enqueued_at, claimed_at, finished_at, error_class, error_message)
    select gone.id, gone.kind, gone.queue, 'failed', gone.priority, gone.args, gone.attempt, gone.max_attempts,
           gone.unique_key, gone.fair_key, gone.traceparent, gone.worker, gone.enqueued_at, gone.claimed_at,
           greatest(v_now, gone.claimed_at), gone.error_class, gone.error_message
    from gone;

    with again as (
        update fleet.job as job
        set state = case when ended.delay > interval '0' then 'scheduled' else 'ready' end::fleet.job_state,
            run_at = v_now + ended.delay,
            token = job.token + 1,
            worker = null,
            claimed_at = null,
            progress = null
        from unnest(fail.ids, fail.tokens, fail.delays) as ended (id, token, delay)
        where job.id = ended.id and job.token = ended.token and job.worker is not null
        returning job.queue
    )
    select array_agg(queue) into v_queues from again;
    perform fleet.wake(v_queues);
end
$$;
comment on function fleet.fail(bigint[], integer[], interval[], text[], text[]) is
    'End attempts that raised: again after the delay, or failed for good when it is null or no attempt is left.';

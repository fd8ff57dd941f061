-- snooze: puts running jobs off without using an attempt; returns the ids it accepted.
--
-- Locks the jobs in id order. An (id, token) that is not the current claim changes nothing.
create or replace function fleet.snooze(ids bigint[], tokens integer[], delays interval[], reasons text[])
returns setof bigint
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
        select job.id, job.token, job.attempt, job.worker, job.claimed_at, ended.reason
        from unnest(snooze.ids, snooze.tokens, snooze.reasons) as ended (id, token, reason)
        join fleet.job as job on job.id = ended.id and job.token = ended.token and job.worker is not null
        order by job.id
        for update of job
    )
    insert into fleet.attempt (job_id, token, attempt, outcome, worker, started_at, ended_at, error_message)
    select claimed.id, claimed.token, claimed.attempt, 'snoozed', claimed.worker, claimed.claimed_at, v_now, claimed.reason
    from claimed
    returning fleet.attempt.job_id;

    with asleep as (
        update fleet.job as job
        set state = 'scheduled',
            run_at = v_now + ended.delay,
            attempt = job.attempt - 1,
            token = job.token + 1,
            worker = null,
            claimed_at = null,
            progress = null
        from unnest(snooze.ids, snooze.tokens, snooze.delays) as ended (id, token, delay)
        where job.id = ended.id and job.token = ended.token and job.worker is not null
        returning job.queue
    )
    select array_agg(queue) into v_queues from asleep;
    perform fleet.wake(v_queues);
end
$$;
comment on function fleet.snooze(bigint[], integer[], interval[], text[]) is
    'Put running jobs off for a while, giving the attempt back.';

-- put_back: makes jobs whose attempt has just been closed wait for another one, and wakes workers for them.
--
-- For fleet.fail, snooze, release and rescue, which hold the jobs' locks. Why the attempt ended decides whether it is
-- given back: a snooze always, an interruption ten times, so that a job which never fits between two shutdowns ends
-- visibly instead of running for ever. A null delay leaves run_at alone. A job whose cancel was requested does not wait for
-- another attempt: it ends. A job whose unique key another waits under by now gives its key up, and both will run
-- (docs/decisions/0006-unique-scopes.md). A job with a fair key arrives anew, so that the next claim gives its place to
-- whoever is first in line; while it is scheduled, the key's others may have its place.
create or replace function fleet.put_back(
    ids bigint[], delays interval[], because fleet.attempt_outcome, at timestamptz
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_queues text[];
    v_freed_queues text[];
    v_freed_keys text[];
begin
    perform fleet.end_jobs(
        array(select job.id from fleet.job as job where job.id = any(put_back.ids) and job.cancel_requested_at is not null),
        'cancelled',
        put_back.at
    );
    with waiting as (
        update fleet.job as job
        set state = case
                when ended.delay > interval '0' then 'scheduled'
                when job.fair_key is not null then 'arriving'
                else 'ready'
            end::fleet.job_state,
            run_at = coalesce(put_back.at + ended.delay, job.run_at),
            attempt = job.attempt - case
                when put_back.because = 'snoozed' then 1
                when put_back.because = 'interrupted' and job.interruptions < 10 then 1
                else 0
            end,
            -- Kept in their bounds, where somebody may have typed them: a rescue that failed would fail every claim.
            interruptions = least(job.interruptions + case when put_back.because = 'interrupted' then 1 else 0 end, 10000),
            crashes = least(job.crashes + case when put_back.because = 'lost' then 1 else 0 end, 1000),
            token = least(job.token + 1, 1000000000),
            worker = null,
            claimed_at = null,
            progress = null
        from unnest(put_back.ids, put_back.delays) as ended (id, delay)
        where job.id = ended.id
        returning job.queue, job.fair_key, job.state
    )
    select
        array_agg(waiting.queue),
        array_agg(waiting.queue) filter (where waiting.fair_key is not null and waiting.state = 'scheduled'),
        array_agg(waiting.fair_key) filter (where waiting.fair_key is not null and waiting.state = 'scheduled')
    into v_queues, v_freed_queues, v_freed_keys
    from waiting;
    perform fleet.wake(v_queues);
    perform fleet.free_keys(v_freed_queues, v_freed_keys) where v_freed_keys is not null;
-- Tried first and settled then: whoever waits under the key may have committed only now.
exception when unique_violation then
    if fleet.give_up_keys(put_back.ids) = 0 then
        raise;
    end if;
    perform fleet.put_back(put_back.ids, put_back.delays, put_back.because, put_back.at);
end
$$;
comment on function fleet.put_back(bigint[], interval[], fleet.attempt_outcome, timestamptz) is
    'Internal: make jobs whose attempt has just been closed wait for another one.';

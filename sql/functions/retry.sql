-- retry: brings jobs that failed, were cancelled or lost back into their queues, with the same id and all their attempts.
--
-- Locks the finished ones in id order, then the live ones in id order. A scheduled job becomes ready now; one with a fair
-- key arrives, and gets its turn. A job whose
-- unique key has been taken by a live one meanwhile stays as it is, and so does everything that is ready, running, done or
-- unknown. One row for each different id. Tokens go on from the last one, so that whoever held the job before its end
-- still holds nothing; the story goes on too.
create or replace function fleet.retry(ids bigint[]) returns table (id bigint, was text, now text)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_ended bigint[];
    v_ids bigint[];
    v_was text[];
    v_queues text[];
begin
    v_ended := array(
        select ended.id from fleet.job_history as ended
        where ended.id = any(retry.ids) and ended.outcome in ('failed', 'cancelled', 'lost')
        order by ended.id
        for update
    );
    select array_agg(locked.id), array_agg(locked.was) into v_ids, v_was from fleet.lock_jobs(retry.ids) as locked;

    with back as (
        insert into fleet.job
            (id, kind, queue, state, priority, args, max_attempts, token, unique_key, unique_scope, fair_key, traceparent, enqueued_at,
             run_at)
        overriding system value
        select ended.id, ended.kind, ended.queue,
               case when ended.fair_key is null then 'ready' else 'arriving' end::fleet.job_state, ended.priority, ended.args, ended.max_attempts,
               1 + greatest(
                   ended.token, (select max(attempt.token) from fleet.attempt as attempt where attempt.job_id = ended.id), 0
               ),
               ended.unique_key, case when ended.unique_key is not null then coalesce(known.unique_scope, 'active') end,
               ended.fair_key, ended.traceparent, ended.enqueued_at, v_now
        from fleet.job_history as ended
        left join fleet.kind as known on known.kind = ended.kind
        where ended.id = any(v_ended)
        order by ended.id
        on conflict do nothing
        returning fleet.job.id
    )
    delete from fleet.job_history as ended using back where ended.id = back.id;

    with ready as (
        update fleet.job as job
        set state = case when job.fair_key is null then 'ready' else 'arriving' end::fleet.job_state,
            run_at = v_now
        where job.id = any(array(
            select given.id from unnest(v_ids, v_was) as given (id, was) where given.was = 'scheduled'
        ))
        returning job.queue
    )
    select array_agg(ready.queue) into v_queues from ready;
    perform fleet.wake(v_queues);

    return query
    select given.id, given.was, fleet.state_of(given.id) from unnest(v_ids, v_was) as given (id, was) order by given.id;
end
$$;
comment on function fleet.retry(bigint[]) is
    'Bring failed, cancelled and lost jobs back: select * from fleet.retry(array(select id from fleet.failures_of(''analyze''))). Scheduled ones become ready now.';

-- end_jobs: moves jobs into the history as other than done, with the error of their last attempt.
--
-- For fleet.fail, release, rescue and cancel, which hold the jobs' locks; at is the moment with which they closed the
-- attempts. An attempt that ended without an error of its own gives its outcome for one. A job whose cancel was requested
-- ends as cancelled, whatever else it would have ended as; its message is the reason. Waits for no lock.
drop function if exists fleet.end_jobs(bigint[], fleet.job_outcome, timestamptz);
create or replace function fleet.end_jobs(
    ids bigint[], outcome fleet.job_outcome, at timestamptz, reason text default null
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_awaited bigint[];
    v_queues text[];
    v_keyed_queues text[];
    v_keys text[];
begin
    if coalesce(cardinality(end_jobs.ids), 0) = 0 then
        return;
    end if;
    with gone as (
        delete from fleet.job as job
        where job.id = any(end_jobs.ids)
        returning
            job.id, job.kind, job.queue, job.priority, job.args, job.attempt, job.max_attempts, job.unique_key,
            job.fair_key, job.traceparent, job.token, job.worker, job.enqueued_at, job.claimed_at, job.awaited,
            job.cancel_requested_at is not null or end_jobs.outcome = 'cancelled' as cancelled,
            coalesce(job.cancel_reason, end_jobs.reason) as reason
    ), kept as (
        insert into fleet.job_history
            (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, token,
             worker, enqueued_at, claimed_at, finished_at, error_class, error_message)
        select gone.id, gone.kind, gone.queue, case when gone.cancelled then 'cancelled' else end_jobs.outcome end,
               gone.priority, gone.args, gone.attempt, gone.max_attempts, gone.unique_key, gone.fair_key, gone.traceparent,
               gone.token, gone.worker, gone.enqueued_at, gone.claimed_at,
               greatest(end_jobs.at, gone.claimed_at),
               case when not gone.cancelled then coalesce(last.error_class, initcap(last.outcome::text)) end,
               case when gone.cancelled then gone.reason else last.error_message end
        from gone
        left join fleet.attempt as last
            on last.job_id = gone.id and last.token = gone.token and last.ended_at = end_jobs.at
    )
    select
        array_agg(gone.id) filter (where gone.awaited),
        array_agg(gone.queue),
        array_agg(gone.queue) filter (where gone.fair_key is not null),
        array_agg(gone.fair_key) filter (where gone.fair_key is not null)
    into v_awaited, v_queues, v_keyed_queues, v_keys
    from gone;
    perform fleet.make_room(v_queues, v_keyed_queues, v_keys, v_awaited);
end
$$;
comment on function fleet.end_jobs(bigint[], fleet.job_outcome, timestamptz, text) is
    'Internal: move jobs into the history as other than done.';

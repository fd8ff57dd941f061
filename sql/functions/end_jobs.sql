-- end_jobs: moves jobs whose last attempt has just been closed into the history, with that attempt's error.
--
-- For fleet.fail, release and rescue, which hold the jobs' locks; at is the moment with which they closed the attempts.
-- An attempt that ended without an error of its own gives its outcome for one. A job whose cancel was requested ends as
-- cancelled, whatever else it would have ended as; its message is the reason.
create or replace function fleet.end_jobs(ids bigint[], outcome fleet.job_outcome, at timestamptz) returns void
language sql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
    with gone as (
        delete from fleet.job as job
        where job.id = any(end_jobs.ids)
        returning
            job.id, job.kind, job.queue, job.priority, job.args, job.attempt, job.max_attempts, job.unique_key,
            job.fair_key, job.traceparent, job.token, job.worker, job.enqueued_at, job.claimed_at,
            job.cancel_requested_at is not null as cancelled, job.cancel_reason
    )
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, token,
         worker, enqueued_at, claimed_at, finished_at, error_class, error_message)
    select gone.id, gone.kind, gone.queue, case when gone.cancelled then 'cancelled' else end_jobs.outcome end,
           gone.priority, gone.args, gone.attempt, gone.max_attempts, gone.unique_key, gone.fair_key, gone.traceparent,
           gone.token, gone.worker, gone.enqueued_at, gone.claimed_at, greatest(end_jobs.at, gone.claimed_at),
           case when not gone.cancelled then coalesce(last.error_class, initcap(last.outcome::text)) end,
           case when gone.cancelled then gone.cancel_reason else last.error_message end
    from gone
    join fleet.attempt as last on last.job_id = gone.id and last.token = gone.token and last.ended_at = end_jobs.at
$$;
comment on function fleet.end_jobs(bigint[], fleet.job_outcome, timestamptz) is
    'Internal: move jobs whose last attempt has just been closed into the history.';

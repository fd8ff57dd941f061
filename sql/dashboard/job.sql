-- job: one job, live or finished.
--
-- $1 its id. Takes no lock.
select
    live.id, live.kind, live.queue, live.state::text as state, true as live, live.priority, live.args::text as args,
    live.attempt, live.max_attempts, live.interruptions, live.crashes, live.unique_key, live.fair_key, live.traceparent,
    live.worker, live.enqueued_at, live.run_at, live.claimed_at, null::timestamptz as finished_at,
    live.progress::text as progress, null::text as result, null::text as error_class, null::text as error_message,
    live.cancel_requested_at, fleet.now() as now
from fleet.job as live
where live.id = $1
union all
select
    ended.id, ended.kind, ended.queue, ended.outcome::text, false, ended.priority, ended.args::text,
    ended.attempt, ended.max_attempts, null, null, ended.unique_key, ended.fair_key, ended.traceparent,
    ended.worker, ended.enqueued_at, null, ended.claimed_at, ended.finished_at,
    null, ended.result::text, ended.error_class, ended.error_message, null, fleet.now()
from fleet.job_history as ended
where ended.id = $1
limit 1

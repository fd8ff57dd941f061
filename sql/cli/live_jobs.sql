-- live_jobs: the live jobs that a filter chooses, in the order they were enqueued.
--
-- $1 kinds, $2 queues, $3 states (cancelling is one here), $4 part of the latest error, $5 enqueued since, $6 at most how
-- many, $7 whether errors are asked for; null: any. Takes no lock. Reads all live jobs of a fleet at worst.
with live as (
    select
        job.id, job.kind, job.queue, job.priority, job.attempt, job.max_attempts, job.enqueued_at, job.run_at,
        job.claimed_at, job.cancel_requested_at, job.progress,
        coalesce(job.fair_key, job.unique_key) as key,
        case when job.cancel_requested_at is not null then 'cancelling' else job.state::text end as state
    from fleet.job as job
    where ($1::text[] is null or job.kind = any($1))
        and ($2::text[] is null or job.queue = any($2))
        and ($5::timestamptz is null or job.enqueued_at >= $5)
)
select
    live.id, live.kind, live.queue, live.state, live.priority, live.attempt, live.max_attempts, live.key, live.enqueued_at,
    live.run_at, live.claimed_at, live.progress, tried.error
from live
left join lateral (
    select concat_ws(': ', attempt.error_class, attempt.error_message) as error
    from fleet.attempt as attempt
    where attempt.job_id = live.id and attempt.outcome in ('failed', 'lost')
    order by attempt.token desc, attempt.ended_at desc
    limit 1
) as tried on $7::boolean or $4::text is not null
where ($3::text[] is null or live.state = any($3))
    and ($4::text is null or strpos(tried.error, $4) > 0)
order by live.id
limit $6

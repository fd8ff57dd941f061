-- ended_jobs: the finished jobs that a filter chooses, the latest first.
--
-- $1 kinds, $2 queues, $3 outcomes, $4 part of the error, $5 finished since, $6 at most how many; null: any. Takes no lock.
select
    ended.id, ended.kind, ended.queue, ended.outcome::text as outcome, ended.priority, ended.attempt, ended.max_attempts,
    coalesce(ended.fair_key, ended.unique_key) as key, ended.enqueued_at, ended.claimed_at, ended.finished_at,
    ended.finished_at - ended.claimed_at as took,
    nullif(concat_ws(': ', ended.error_class, ended.error_message), '') as error
from fleet.job_history as ended
where ($1::text[] is null or ended.kind = any($1))
    and ($2::text[] is null or ended.queue = any($2))
    and ($3::text[] is null or ended.outcome = any($3::fleet.job_outcome[]))
    and (
        $4::text is null
        or (ended.outcome in ('failed', 'lost') and strpos(concat_ws(': ', ended.error_class, ended.error_message), $4) > 0)
    )
    and ($5::timestamptz is null or ended.finished_at >= $5)
order by ended.finished_at desc, ended.id desc
limit $6

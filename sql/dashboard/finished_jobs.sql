-- finished_jobs: jobs that ended in a short span of time, the latest first.
--
-- $1 from, $2 before; $3 and below it this id among those that ended at $2, or null; $4 kind, $5 queue, $6 outcomes, $7 a key,
-- $8 arguments it has, $9 class and $10 sentence of its error, $11 at most so many. Each of these may be null. Takes no lock.
-- The span is what bounds it: the caller knows how many ended in it.
select
    history.id, history.kind, history.queue, history.outcome::text as state, history.priority, history.attempt,
    history.max_attempts, history.unique_key, history.fair_key, history.enqueued_at, history.finished_at as at,
    left(concat_ws(': ', history.error_class, history.error_message), 300) as error
from fleet.job_history as history
where history.finished_at >= $1 and history.finished_at <= $2
    and (history.finished_at < $2 or history.id < $3::bigint)
    and ($4::text is null or history.kind = $4) and ($5::text is null or history.queue = $5)
    and ($6::text[] is null or history.outcome::text = any($6))
    and ($7::text is null or history.unique_key = $7 or history.fair_key = $7)
    and ($8::text::jsonb is null or history.args @> $8::text::jsonb)
    and ($9::text is null or history.error_class = $9)
    and ($10::text is null or fleet.sentence_of(history.error_message) = $10)
order by history.finished_at desc, history.id desc
limit $11

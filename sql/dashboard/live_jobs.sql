-- live_jobs: live jobs, the youngest first, among the next few below an id; and how far that was.
--
-- $1 below this id, $2 kind, $3 queue, $4 states, $5 a key, $6 arguments it has, $7 and $8 between which times it was enqueued,
-- $9 at most so many, $10 how many are looked through. The others may be null. Takes no lock.
with few as materialized (
    select
        job.id, job.kind, job.queue, job.state, job.priority, job.attempt, job.max_attempts, job.unique_key, job.fair_key,
        job.enqueued_at, job.run_at, job.args
    from fleet.job as job
    where job.id < $1
    order by job.id desc
    limit $10
)
select
    few.id, few.kind, few.queue, few.state::text as state, few.priority, few.attempt, few.max_attempts, few.unique_key,
    few.fair_key, few.enqueued_at, few.run_at as at, null::text as error,
    (select count(*) from few) as looked, (select min(id) from few) as lowest
from (select 1) as one
left join few
    on ($2::text is null or few.kind = $2) and ($3::text is null or few.queue = $3)
    and ($4::text[] is null or few.state::text = any($4))
    and ($5::text is null or few.unique_key = $5 or few.fair_key = $5)
    and ($6::text::jsonb is null or few.args @> $6::text::jsonb)
    and ($7::timestamptz is null or few.enqueued_at >= $7) and ($8::timestamptz is null or few.enqueued_at < $8)
order by few.id desc
limit $9

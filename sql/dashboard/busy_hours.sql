-- busy_hours: the hours in which jobs ended that may be looked for, the latest first.
--
-- $1 and $2 between which times, $3 kind, $4 queue, $5 outcomes; each of these may be null. Takes no lock. jobs: all that ended
-- then, which is what looking through it costs; found: those of this sort.
select
    sums.at, sum(sums.jobs)::bigint as jobs,
    sum(sums.jobs) filter (
        where ($3::text is null or sums.kind = $3) and ($4::text is null or sums.queue = $4)
            and ($5::text[] is null or sums.outcome::text = any($5))
    )::bigint as found
from fleet.job_hour as sums
where sums.at >= date_trunc('hour', $1::timestamptz) and sums.at < $2::timestamptz
group by sums.at
having sum(sums.jobs) filter (
    where ($3::text is null or sums.kind = $3) and ($4::text is null or sums.queue = $4)
        and ($5::text[] is null or sums.outcome::text = any($5))
) > 0
order by sums.at desc
limit 1000

-- failures: what failed in a span of time, by kind and what the error says, the most frequent first; and since when.
--
-- $1 from, $2 one kind, or null. Takes no lock. Whole hours are counted, beginning with that of the time.
with grouped as (
    select
        sums.kind, sums.error_class, sums.sentence, sum(sums.jobs)::bigint as jobs, max(sums.last_at) as last_at,
        (array_agg(sums.sample_id order by sums.last_at desc))[1] as sample_id,
        array_agg(sums.at order by sums.at) as hours, array_agg(sums.jobs order by sums.at) as by_hour
    from fleet.failure_hour as sums
    where sums.at >= date_trunc('hour', $1::timestamptz) and ($2::text is null or sums.kind = $2)
    group by sums.kind, sums.error_class, sums.sentence
    order by sum(sums.jobs) desc
    limit 50
)
select
    grouped.kind, grouped.error_class, grouped.sentence, grouped.jobs, grouped.last_at, grouped.sample_id, grouped.hours,
    grouped.by_hour, first.first_at, sum(grouped.jobs) over () as shown
from grouped
cross join lateral (
    select sums.first_at from fleet.failure_hour as sums
    where sums.kind = grouped.kind and sums.error_class = grouped.error_class and sums.sentence = grouped.sentence
    order by sums.at
    limit 1
) as first
order by grouped.jobs desc, grouped.last_at desc

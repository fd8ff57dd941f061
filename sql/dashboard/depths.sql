-- depths: how deep the queues were over time, each moment as it was looked at.
--
-- $1 from, $2 one point for each such span, $3 one queue, or null. Takes no lock. Asks for each point by itself: of a long span
-- that is a small part of what is known.
select point.at, of.ready, of.scheduled, of.held, of.running, of.oldest_wait
from generate_series(
    date_bin($2::interval, $1::timestamptz, 'epoch'), date_trunc('minute', fleet.now()), $2::interval
) as point (at)
cross join lateral (
    select
        sum(known.ready)::bigint as ready, sum(known.scheduled)::bigint as scheduled, sum(known.held)::bigint as held,
        sum(known.running)::bigint as running, extract(epoch from max(known.oldest_wait))::double precision as oldest_wait
    from fleet.depth_minute as known
    where known.at = point.at and ($3::text is null or known.queue = $3)
) as of
where of.ready is not null
order by point.at
limit 1000

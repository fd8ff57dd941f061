-- ended_by_minute: how many jobs ended over time by outcome, and how long those that were done waited and ran.
--
-- $1 from, $2 one row for each such span, $3 one queue, $4 one kind, or null. Takes no lock. Without one that was done, how
-- long they took is null.
with sums as materialized (
    select
        date_bin($2::interval, known.at, 'epoch') as at, known.outcome, known.jobs, known.runs, known.waits
    from fleet.job_minute as known
    where known.at >= date_bin($2::interval, $1::timestamptz, 'epoch')
        and ($3::text is null or known.queue = $3) and ($4::text is null or known.kind = $4)
), took as (
    select
        sums.at,
        array[
        sum(sums.runs[1])::bigint, sum(sums.runs[2])::bigint, sum(sums.runs[3])::bigint, sum(sums.runs[4])::bigint,
        sum(sums.runs[5])::bigint, sum(sums.runs[6])::bigint, sum(sums.runs[7])::bigint, sum(sums.runs[8])::bigint,
        sum(sums.runs[9])::bigint, sum(sums.runs[10])::bigint, sum(sums.runs[11])::bigint, sum(sums.runs[12])::bigint,
        sum(sums.runs[13])::bigint, sum(sums.runs[14])::bigint, sum(sums.runs[15])::bigint, sum(sums.runs[16])::bigint,
        sum(sums.runs[17])::bigint, sum(sums.runs[18])::bigint, sum(sums.runs[19])::bigint, sum(sums.runs[20])::bigint,
        sum(sums.runs[21])::bigint, sum(sums.runs[22])::bigint, sum(sums.runs[23])::bigint, sum(sums.runs[24])::bigint
        ] as runs,
        array[
        sum(sums.waits[1])::bigint, sum(sums.waits[2])::bigint, sum(sums.waits[3])::bigint, sum(sums.waits[4])::bigint,
        sum(sums.waits[5])::bigint, sum(sums.waits[6])::bigint, sum(sums.waits[7])::bigint, sum(sums.waits[8])::bigint,
        sum(sums.waits[9])::bigint, sum(sums.waits[10])::bigint, sum(sums.waits[11])::bigint, sum(sums.waits[12])::bigint,
        sum(sums.waits[13])::bigint, sum(sums.waits[14])::bigint, sum(sums.waits[15])::bigint, sum(sums.waits[16])::bigint,
        sum(sums.waits[17])::bigint, sum(sums.waits[18])::bigint, sum(sums.waits[19])::bigint, sum(sums.waits[20])::bigint,
        sum(sums.waits[21])::bigint, sum(sums.waits[22])::bigint, sum(sums.waits[23])::bigint, sum(sums.waits[24])::bigint
        ] as waits
    from sums
    where sums.outcome = 'done'
    group by sums.at
), counted as (
    select
        sums.at,
        coalesce(sum(sums.jobs) filter (where sums.outcome = 'done'), 0)::bigint as done,
        coalesce(sum(sums.jobs) filter (where sums.outcome = 'failed'), 0)::bigint as failed,
        coalesce(sum(sums.jobs) filter (where sums.outcome = 'lost'), 0)::bigint as lost,
        coalesce(sum(sums.jobs) filter (where sums.outcome = 'cancelled'), 0)::bigint as cancelled
    from sums
    group by sums.at
)
select counted.at, counted.done, counted.failed, counted.lost, counted.cancelled, took.runs, took.waits
from counted
left join took on took.at = counted.at
order by counted.at
limit 1000

-- ended_by_minute: how many jobs ended over time by outcome, and how long those that were done waited and ran.
--
-- $1 from, $2 one row for each such span, $3 one queue, $4 one kind, or null. Takes no lock.
select
    date_bin($2::interval, sums.at, 'epoch') as at,
    coalesce(sum(sums.jobs) filter (where sums.outcome = 'done'), 0)::bigint as done,
    coalesce(sum(sums.jobs) filter (where sums.outcome = 'failed'), 0)::bigint as failed,
    coalesce(sum(sums.jobs) filter (where sums.outcome = 'lost'), 0)::bigint as lost,
    coalesce(sum(sums.jobs) filter (where sums.outcome = 'cancelled'), 0)::bigint as cancelled,
    array[
        coalesce(sum(sums.runs[1]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[2]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[3]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[4]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[5]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[6]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[7]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[8]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[9]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[10]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[11]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[12]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[13]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[14]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[15]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[16]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[17]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[18]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[19]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[20]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[21]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[22]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[23]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.runs[24]) filter (where sums.outcome = 'done'), 0)::bigint
    ] as runs,
    array[
        coalesce(sum(sums.waits[1]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[2]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[3]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[4]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[5]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[6]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[7]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[8]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[9]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[10]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[11]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[12]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[13]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[14]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[15]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[16]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[17]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[18]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[19]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[20]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[21]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[22]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[23]) filter (where sums.outcome = 'done'), 0)::bigint,
        coalesce(sum(sums.waits[24]) filter (where sums.outcome = 'done'), 0)::bigint
    ] as waits
from fleet.job_minute as sums
where sums.at >= date_bin($2::interval, $1::timestamptz, 'epoch')
    and ($3::text is null or sums.queue = $3) and ($4::text is null or sums.kind = $4)
group by 1
order by 1
limit 1000

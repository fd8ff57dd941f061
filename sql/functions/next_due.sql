-- next_due: seconds until there may be something to claim: a scheduled job falls due, a pause
-- ends, or another worker's lease runs out.
--
-- Takes no lock. Never negative: what is overdue is due now. Null when nothing is ahead. An idle worker sleeps until then,
-- so that the jobs of a worker that died are rescued when its lease ends and not at the next poll; without a worker only
-- scheduled jobs and pauses count. For a second after its end, a pause makes a worker look once more: it may have looked
-- just before.
create or replace function fleet.next_due(worker uuid default null) returns double precision
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    -- No row, and so null, when nothing is ahead: greatest() passes over a null, and would answer "now".
    select extract(epoch from greatest(ahead.at, fleet.now()) - fleet.now())::double precision
    from (
        select least(
            (select min(job.run_at) from fleet.job as job where job.state = 'scheduled'),
            (select min(pause.resume_at) from fleet.queue as pause where pause.resume_at > fleet.now()),
            (select min(pause.resume_at) + interval '1 s' from fleet.queue as pause
             where pause.resume_at > fleet.now() - interval '1 s' and pause.resume_at <= fleet.now()),
            (select min(other.lease_until) from fleet.worker as other where other.id <> $1)
        ) as at
    ) as ahead
    where ahead.at is not null
$$;
comment on function fleet.next_due(uuid) is 'Seconds until there may be something to claim: a scheduled job, a queue whose pause ends, or the jobs of a worker whose lease runs out.';

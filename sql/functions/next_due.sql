-- next_due: seconds until there may be something to claim: a scheduled job falls due, a pause ends, a limited rate lets the
-- next job begin, or another worker's lease runs out.
--
-- Takes no lock. Never negative: what is overdue is due now. Null when nothing is ahead. An idle worker sleeps until then,
-- so that the jobs of a worker that died are rescued when its lease ends and not at the next poll; without a worker the
-- leases and the rates of its queues do not count. Jobs that arrive are to be admitted now. For a second after its end, a
-- pause makes a worker look once more: it may have looked just before.
create or replace function fleet.next_due(worker uuid default null) returns double precision
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
    -- No row, and so null, when nothing is ahead: greatest() passes over a null, and would answer "now".
    -- A day is as good as for ever, and somebody may have typed a date that no difference of times can hold.
    select extract(epoch from least(greatest(ahead.at, fleet.now()), fleet.now() + interval '1 day') - fleet.now())::double precision
    from (
        select least(
            (select fleet.now() from fleet.job as job where job.state = 'arriving' limit 1),
            (select fleet.now() from fleet.freed_key limit 1),
            (select min(job.run_at) from fleet.job as job where job.state = 'scheduled'),
            (select min(pause.resume_at) from fleet.queue as pause where pause.resume_at > fleet.now()),
            (select min(pause.resume_at) + interval '1 s' from fleet.queue as pause
             where pause.resume_at > fleet.now() - interval '1 s' and pause.resume_at <= fleet.now()),
            (select min(fleet.now() + (1 - fleet.tokens_of(limited, fleet.now())) * limited.rate_per / limited.rate_jobs)
             from fleet.worker as self
             join fleet.queue as limited on limited.name = any(self.queues)
             where self.id = $1 and limited.rate_jobs is not null and not fleet.is_paused(limited.name)
                and fleet.tokens_of(limited, fleet.now()) < 1
                and (select true from fleet.job as job where job.state = 'ready' and job.queue = limited.name limit 1)),
            (select min(other.lease_until) from fleet.worker as other where other.id <> $1)
        ) as at
    ) as ahead
    where ahead.at is not null
$$;
comment on function fleet.next_due(uuid) is 'Seconds until there may be something to claim: a scheduled job, the end of a pause, the next job of a limited rate, or what a worker holds whose lease runs out.';

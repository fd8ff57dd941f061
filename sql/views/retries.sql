-- retries: what the retry budget of each kind pays for, what is left of it, and how many retries wait because of it.
create or replace view fleet.retries as
select
    known.kind,
    known.retries_per_minute,
    known.retry_share,
    left_over.retries as balance,
    interval '1 min' * greatest(0, least(60, (1 - left_over.retries) / known.retries_per_minute)) as wait,
    late.jobs as put_off,
    late.next_at
from fleet.kind as known
left join fleet.retry_budget as budget on budget.kind = known.kind
cross join lateral (
    select fleet.retry_balance(budget, known.retries_per_minute, fleet.now()) as retries
) as left_over
cross join lateral (
    select count(*) as jobs, min(job.run_at) as next_at
    from fleet.job as job
    where job.kind = known.kind and job.put_off_until is not null
        and job.put_off_until = job.run_at and job.state = 'scheduled'
) as late
order by left_over.retries / known.retries_per_minute, known.kind;
comment on view fleet.retries is
    'Each kind: what its retry budget pays for, how many retries it can afford, how long the next one would be put off, and how many wait because of it.';

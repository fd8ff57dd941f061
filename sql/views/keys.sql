-- keys: every fair key that has live jobs in a queue: its tier and limit, what is under way, and what waits for its turn.
create or replace view fleet.keys as
with live as (
    select
        job.queue,
        job.fair_key,
        count(*) filter (where job.state = 'ready') as ready,
        count(*) filter (where job.state = 'running') as running,
        count(*) filter (where job.state = 'held') as held,
        count(*) filter (where job.state = 'arriving') as arriving,
        count(*) filter (where job.state = 'scheduled') as scheduled,
        min(greatest(job.run_at, job.enqueued_at)) filter (where job.state in ('arriving', 'held')) as held_since
    from fleet.job as job
    where job.fair_key is not null
    group by job.queue, job.fair_key
)
select
    live.queue,
    live.fair_key,
    coalesce(known.tier, 'default') as tier,
    case when of_tier.queue is null then fallback.max_active else of_tier.max_active end as max_active,
    live.ready,
    live.running,
    live.held,
    live.arriving,
    live.scheduled,
    fleet.now() - live.held_since as oldest_held
from live
left join fleet.key_tier as known on known.fair_key = live.fair_key
left join fleet.key_limit as of_tier on of_tier.queue = live.queue and of_tier.tier = known.tier
left join fleet.key_limit as fallback on fallback.queue = live.queue and fallback.tier = 'default'
order by live.held desc, live.queue, live.fair_key;
comment on view fleet.keys is
    'Each fair key with live jobs: its tier and limit, its jobs by state, and how long the first one has been held.';

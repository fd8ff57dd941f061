-- sample_depths: notes how deep the queues are, if nobody has in this minute.
--
-- For fleet.roll_up. Takes no lock. Goes through a million live jobs at most: beyond that the depths are too low.
create or replace function fleet.sample_depths() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_at constant timestamptz := date_trunc('minute', fleet.now());
begin
    if exists (select from fleet.depth_minute as known where known.at >= v_at) then
        return;
    end if;
    insert into fleet.depth_minute (at, queue, ready, scheduled, held, running, oldest_wait)
    select
        v_at, queue, coalesce(live.ready, 0), coalesce(live.scheduled, 0), coalesce(live.held, 0),
        coalesce(live.running, 0), fleet.now() - live.ready_since
    from (
        select kind.queue from fleet.kind as kind
        union select known.name from fleet.queue as known
    ) as named
    full join (
        select
            job.queue,
            count(*) filter (where job.state = 'ready') as ready,
            count(*) filter (where job.state = 'scheduled') as scheduled,
            count(*) filter (where job.state in ('arriving', 'held')) as held,
            count(*) filter (where job.state = 'running') as running,
            min(greatest(job.run_at, job.enqueued_at)) filter (where job.state = 'ready') as ready_since
        from (
            select one.queue, one.state, one.run_at, one.enqueued_at from fleet.job as one limit 1000000
        ) as job
        group by job.queue
    ) as live using (queue)
    on conflict (at, queue) do nothing;
end
$$;
comment on function fleet.sample_depths() is 'Internal: note how deep the queues are, once a minute.';

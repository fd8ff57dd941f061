-- quarantine: which job a worker is to run alone: its id, 0 while it is to take nothing at all, or null when none.
--
-- For fleet.claim. A job whose worker has died twice may be what they die of, and is run with no other beside it. Of the
-- live workers that could, the one with the least to do takes nothing more until it is idle, and then that job; the others
-- go on. No more than half of them, or one, run such jobs at a time, so that other jobs never wait for all of these. Locks
-- the job that it returns; one that somebody else holds is for later.
create or replace function fleet.quarantine(worker uuid, kinds text[], queues text[], at timestamptz) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_job fleet.job;
    v_chosen uuid;
    v_busy boolean;
begin
    if exists (
        select from fleet.job as mine
        where mine.crashes >= 2 and mine.state = 'running' and mine.worker = quarantine.worker
    ) then
        return 0;
    end if;
    select waiting.* into v_job
    from fleet.job as waiting
    where waiting.crashes >= 2 and waiting.state = 'ready'
        and waiting.queue = any(quarantine.queues) and waiting.kind = any(quarantine.kinds)
        and waiting.token < 1000000000
        and not fleet.is_paused(waiting.queue)
    order by waiting.priority, waiting.id
    limit 1
    for update skip locked;
    if v_job.id is null then
        return null;
    end if;

    select live.id, live.jobs > 0 into v_chosen, v_busy
    from (
        select other.id, its.jobs, count(*) over () as able, sum(its.suspects) over () as suspects
        from fleet.worker as other
        cross join lateral (
            select count(*) as jobs, count(*) filter (where one.crashes >= 2) as suspects
            from fleet.job as one
            where one.state = 'running' and one.worker = other.id
        ) as its
        where other.id = quarantine.worker
            or other.lease_until > quarantine.at and v_job.queue = any(other.queues) and v_job.kind = any(other.kinds)
    ) as live
    where live.suspects < greatest(1, live.able / 2)
    order by live.jobs, live.id
    limit 1;
    if v_chosen is distinct from quarantine.worker then
        return null;
    end if;
    return case when v_busy then 0 else v_job.id end;
end
$$;
comment on function fleet.quarantine(uuid, text[], text[], timestamptz) is
    'Internal: which job a worker is to run alone.';

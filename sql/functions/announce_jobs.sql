-- announce_jobs: wakes workers for jobs that were just inserted, however they were, unless their queue is full.
--
-- Once for each statement and queue, so that a bulk insert costs one notification.
create or replace function fleet.announce_jobs() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queues text[];
    v_early bigint[];
begin
    select array_agg(distinct queue), array_agg(id) filter (where fair_key is not null and state = 'ready')
    into v_queues, v_early
    from inserted;
    -- Looked at here, because calling a function that pins its plans costs half an enqueue.
    if exists (select from fleet.queue_depth_limit as bound where bound.queue = any(v_queues)) then
        perform fleet.refuse_above_depth(v_queues);
    end if;
    -- A row typed by hand or copied in must get its turn as well: nothing with a fair key is ready before a claim has counted.
    if v_early is not null then
        update fleet.job as job set state = 'arriving' from unnest(v_early) as early (id) where job.id = early.id;
    end if;
    perform fleet.wake(v_queues);
    return null;
end
$$;
comment on function fleet.announce_jobs() is 'Trigger: wakes workers for inserted jobs, or refuses them when their queue is full.';

create or replace trigger announce_jobs after insert on fleet.job
referencing new table as inserted
for each statement execute function fleet.announce_jobs();

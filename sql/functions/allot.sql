-- allot: how many jobs of a limited queue a claim may take, at most those it wants; negative while too many run.
--
-- For fleet.claim. Locks the queue's meter until the claim commits, so that claims of one limited queue count one after the
-- other and the limits are exact over the whole fleet; nobody else locks it. What runs is counted from the jobs
-- themselves, after the lock was taken, and so is the time: nothing can leak. Beyond read committed the count may be of
-- the past; then fleet.spend fails to serialize if another claim took jobs meanwhile.
create or replace function fleet.allot(of_queue fleet.queue, wanted integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_room bigint := wanted;
begin
    insert into fleet.meter (queue, counted_at) values (of_queue.name, fleet.now()) on conflict do nothing;
    perform from fleet.meter as meter where meter.queue = of_queue.name for no key update;
    if of_queue.rate_jobs is not null then
        -- A millionth of a token makes up for what sums of fractions lose.
        v_room := least(v_room, floor(fleet.tokens_of(of_queue, fleet.now()) + 0.000001)::bigint);
    end if;
    if of_queue.max_running is not null and v_room > 0 then
        v_room := least(
            v_room,
            of_queue.max_running - (
                select count(*) from fleet.job as job where job.state = 'running' and job.queue = of_queue.name
            )
        );
    end if;
    return v_room;
end
$$;
comment on function fleet.allot(fleet.queue, integer) is
    'Internal: how many jobs of a limited queue a claim may take.';

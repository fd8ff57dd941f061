-- make_room: passes on what the end of jobs leaves: the room of their queues and keys, and word to those who await them.
--
-- For what ends jobs. Waits for no lock: see fleet.free_keys. Wakes the workers of a queue that is limited and has jobs
-- ready, because a claim that met the limit is not repeated otherwise. What fleet.finish forbids the planner is not meant for
-- what is called here.
create or replace function fleet.make_room(queues text[], keyed_queues text[], keys text[], awaited bigint[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_nestloop = on
as $$
declare
    v_limited text[] := array(
        select known.name from fleet.queue as known where known.name = any(make_room.queues) and known.max_running is not null
    );
begin
    if make_room.keys is not null then
        perform fleet.free_keys(make_room.keyed_queues, make_room.keys);
    end if;
    if v_limited <> '{}' then
        -- A subquery with a limit, because the planner makes a join of exists, and that reads every ready job.
        perform fleet.wake(array(
            select limited.name from unnest(v_limited) as limited (name)
            where (select true from fleet.job as job where job.state = 'ready' and job.queue = limited.name limit 1)
        ));
    end if;
    perform pg_notify('fleet_ended', ended.id::text) from unnest(make_room.awaited) as ended (id);
end
$$;
comment on function fleet.make_room(text[], text[], text[], bigint[]) is
    'Internal: pass on what the end of jobs leaves: room in their queues and under their keys, and word to those who await them.';

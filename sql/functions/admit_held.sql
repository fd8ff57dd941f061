-- admit_held: makes the first held jobs of these keys ready, as many as there is room for, and wakes workers for them.
--
-- For whoever has the keys' locks (fleet.lock_keys). Passes over a job that somebody else has locked; that one frees the key
-- in turn. At most a thousand of a key at once: the rest follows when jobs of the key end, or with the next sweep.
create or replace function fleet.admit_held(queues text[], keys text[]) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_queues text[];
begin
    with room as materialized (
        select given.queue, given.fair_key, least(of_key.room, 1000) as jobs
        from unnest(admit_held.queues, admit_held.keys) as given (queue, fair_key)
        cross join lateral fleet.key_room(given.queue, given.fair_key) as of_key
    ), admitted as (
        update fleet.job
        set state = 'ready'
        where id = any(array(
            select held.id
            from room
            cross join lateral (
                select job.id from fleet.job as job
                where job.state = 'held' and job.queue = room.queue and job.fair_key = room.fair_key
                order by job.priority, job.id
                limit room.jobs
                for update skip locked
            ) as held
        ))
        returning queue
    )
    select array_agg(admitted.queue) into v_queues from admitted;
    if v_queues is null then
        return 0;
    end if;
    perform fleet.wake(v_queues);
    return cardinality(v_queues);
end
$$;
comment on function fleet.admit_held(text[], text[]) is 'Internal: make the first held jobs of these keys ready, as many as there is room for.';

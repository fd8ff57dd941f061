-- admit: makes arriving jobs ready, or held when their key has no room; returns how many it looked at.
--
-- Takes at most p_limit of them, in the order they came, skipping what somebody else holds, and the locks of their keys
-- without waiting for any; a job whose key is locked by somebody else goes on arriving. Also looks at the keys that
-- were noted to have room. Anybody may call it at any time: every claim does. Under a key's lock nobody else makes one
-- of its jobs ready, and the count is of a statement that began after the lock was taken; that is why it refuses
-- to work beyond read committed, with FL007.
create or replace function fleet.admit(p_limit integer default 500) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_ids bigint[];
    v_queues text[];
    v_keys text[];
    v_lined_queues text[];
    v_lined_keys text[];
    v_ready text[];
begin
    select array_agg(arrived.id), array_agg(arrived.queue), array_agg(arrived.fair_key) into v_ids, v_queues, v_keys
    from (
        select job.id, job.queue, job.fair_key from fleet.job as job
        where job.state = 'arriving' order by job.id limit p_limit for update skip locked
    ) as arrived;
    with noted as materialized (
        select freed.queue, freed.fair_key from fleet.freed_key as freed limit p_limit
    )
    select array_agg(mine.queue), array_agg(mine.fair_key) into v_queues, v_keys
    from fleet.lock_keys(
        v_queues || array(select noted.queue from noted), v_keys || array(select noted.fair_key from noted)
    ) as mine;
    if v_ids is null and v_keys is null then
        return 0;
    end if;
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception sqlstate 'FL007' using
            message = format('jobs cannot be admitted under a limit in %s', current_setting('transaction_isolation')),
            hint = 'Let workers claim in read committed, PostgreSQL''s default: alter role … reset default_transaction_isolation';
    end if;

    delete from fleet.freed_key as freed
    using unnest(v_queues, v_keys) as mine (queue, fair_key)
    where freed.queue = mine.queue and freed.fair_key = mine.fair_key;
    select array_agg(line.queue), array_agg(line.fair_key) into v_lined_queues, v_lined_keys
    from unnest(v_queues, v_keys) as line (queue, fair_key)
    where (
        select true from fleet.job as job
        where job.state = 'held' and job.queue = line.queue and job.fair_key = line.fair_key
        limit 1
    );

    with mine as materialized (
        select given.queue, given.fair_key, of_key.room, lined.fair_key is not null as lined
        from unnest(v_queues, v_keys) as given (queue, fair_key)
        left join unnest(v_lined_queues, v_lined_keys) as lined (queue, fair_key)
            on lined.queue = given.queue and lined.fair_key = given.fair_key
        cross join lateral fleet.key_room(given.queue, given.fair_key) as of_key
    ), placed as (
        select job.id, row_number() over (partition by job.queue, job.fair_key order by job.priority, job.id) as place,
               mine.room, mine.lined
        from fleet.job as job
        left join mine on mine.queue = job.queue and mine.fair_key = job.fair_key
        where job.id = any(v_ids) and (mine.queue is not null or job.fair_key is null)
    ), settled as (
        update fleet.job as job
        set state = case
            -- Where others are held, what arrives stands in line with them.
            when placed.lined or placed.place > placed.room then 'held' else 'ready'
        end::fleet.job_state
        from placed
        where job.id = placed.id
        returning job.queue, job.state
    )
    select array_agg(settled.queue) into v_ready from settled where settled.state = 'ready';
    perform fleet.admit_held(v_lined_queues, v_lined_keys) where v_lined_keys is not null;
    if v_ready is not null then
        perform fleet.wake(v_ready);
    end if;
    return coalesce(cardinality(v_ids), 0);
end
$$;
comment on function fleet.admit(integer) is 'Make arriving jobs ready, or held when their key has no room.';

-- sweep_keys: looks, now and then, for keys with room that nobody noted; returns how many keys it looked at.
--
-- Every change that the functions make frees the keys it should; this is for rows that hands deleted or changed. A claim
-- calls it once in ten seconds for the whole fleet: at most p_limit keys, going on where the last sweep left off.
-- Locks its one row, and passes when somebody else has it.
create or replace function fleet.sweep_keys(p_limit integer default 200) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_sweep fleet.sweep;
    v_queues text[];
    v_keys text[];
begin
    select last.* into v_sweep from fleet.sweep as last for update skip locked;
    if v_sweep.only_row is null then
        return 0;
    end if;
    with recursive held as (
        (
            select job.queue, job.fair_key from fleet.job as job
            where job.state = 'held' and (job.queue, job.fair_key) > (v_sweep.after_queue, v_sweep.after_key)
            order by job.queue, job.fair_key
            limit 1
        )
        union all
        select later.queue, later.fair_key
        from held
        cross join lateral (
            select job.queue, job.fair_key from fleet.job as job
            where job.state = 'held' and (job.queue, job.fair_key) > (held.queue, held.fair_key)
            order by job.queue, job.fair_key
            limit 1
        ) as later
    ), next as (
        select held.queue, held.fair_key from held limit p_limit
    )
    select array_agg(next.queue), array_agg(next.fair_key) into v_queues, v_keys from next;
    update fleet.sweep
    set swept_at = v_now,
        after_queue = case when cardinality(v_keys) = p_limit then v_queues[p_limit] else '' end,
        after_key = case when cardinality(v_keys) = p_limit then v_keys[p_limit] else '' end;
    perform fleet.free_keys(v_queues, v_keys) where v_keys is not null;
    return coalesce(cardinality(v_keys), 0);
end
$$;
comment on function fleet.sweep_keys(integer) is
    'Let held jobs become ready whose key has room though nobody noted it. Claims do it now and then.';

-- assign_tier: says of which tier fair keys are; null: of none.
--
-- Locks the rows of the keys, in their order. Takes effect like fleet.limit_keys.
create or replace function fleet.assign_tier(fair_keys text[], tier text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_queues text[];
begin
    if array_position(assign_tier.fair_keys, null) is not null or array_position(assign_tier.fair_keys, '') is not null then
        raise exception sqlstate 'FL002' using message = 'a fair key is not empty';
    end if;
    if octet_length(assign_tier.tier) > 63 or assign_tier.tier !~ '^[a-z][a-z0-9_]*$' then
        raise exception sqlstate 'FL002' using
            message = format('tier must be a plain word of at most 63 letters, not %s', quote_literal(left(assign_tier.tier, 64)));
    end if;
    if assign_tier.tier is null then
        delete from fleet.key_tier as known where known.fair_key = any(assign_tier.fair_keys);
    else
        insert into fleet.key_tier (fair_key, tier)
        select distinct given.fair_key, assign_tier.tier from unnest(assign_tier.fair_keys) as given (fair_key)
        order by given.fair_key
        on conflict (fair_key) do update set tier = excluded.tier;
    end if;
    v_queues := array(select distinct of_queue.queue from fleet.key_limit as of_queue);
    insert into fleet.freed_key (queue, fair_key)
    select of_queue.queue, given.fair_key
    from unnest(v_queues) as of_queue (queue) cross join unnest(assign_tier.fair_keys) as given (fair_key);
    perform fleet.wake(v_queues);
end
$$;
comment on function fleet.assign_tier(text[], text) is
    'Say of which tier fair keys are: select fleet.assign_tier(array[''psf''], ''pro''). Null: of none.';

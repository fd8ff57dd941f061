-- limit_keys: bounds how many jobs of one fair key may be ready or running in a queue; null: any number.
--
-- Locks the row of the limit. Keys of no tier are of the tier default. What is ready already stays so: a lower limit counts
-- from the next job that arrives. What a higher one leaves room for follows within the sweep of the next claim.
create or replace function fleet.limit_keys(queue text, max_active integer, tier text default 'default')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if limit_keys.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue whose keys to limit';
    end if;
    perform fleet.check_values(limit_keys.queue, null, null, null);
    if limit_keys.max_active < 1 then
        raise exception sqlstate 'FL002' using
            message = format('max_active must be at least 1, not %s', limit_keys.max_active),
            hint = 'Null takes the limit away; fleet.pause stops a whole queue.';
    end if;
    if limit_keys.tier is null or octet_length(limit_keys.tier) > 63 or limit_keys.tier !~ '^[a-z][a-z0-9_]*$' then
        raise exception sqlstate 'FL002' using
            message = format('tier must be a plain word of at most 63 letters, not %s', quote_nullable(left(limit_keys.tier, 64)));
    end if;
    insert into fleet.key_limit (queue, tier, max_active)
    values (limit_keys.queue, limit_keys.tier, limit_keys.max_active)
    on conflict (queue, tier) do update set max_active = excluded.max_active;
    update fleet.sweep set swept_at = '2000-01-01 00:00Z', after_queue = '', after_key = '';
    perform fleet.wake(array[limit_keys.queue]);
end
$$;
comment on function fleet.limit_keys(text, integer, text) is
    'Let at most so many jobs of each fair key be ready or running in a queue: select fleet.limit_keys(''analysis_default'', 5). By tier: tier => ''pro''. Null: no limit.';

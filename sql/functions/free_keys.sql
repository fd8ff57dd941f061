-- free_keys: lets what waits behind these keys become ready, as far as there is room by now.
--
-- For whatever ends one of a key's jobs, makes it wait for something else, or has locked one that is held: fleet.admit_held
-- passes over what is locked. Waits for nobody: a key whose lock somebody else has is noted, and the next claim looks at
-- it, because what that other one has counted may be changed by this transaction. Beyond read committed a count may be of
-- the past, so all keys are noted there.
create or replace function fleet.free_keys(queues text[], keys text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queues text[];
    v_keys text[];
    v_noted text[];
begin
    if current_setting('transaction_isolation') = 'read committed' then
        select array_agg(mine.queue), array_agg(mine.fair_key) into v_queues, v_keys
        from fleet.lock_keys(free_keys.queues, free_keys.keys) as mine;
        perform fleet.admit_held(v_queues, v_keys);
    end if;

    with noted as (
        insert into fleet.freed_key (queue, fair_key)
        select * from unnest(free_keys.queues, free_keys.keys)
        except
        select * from unnest(v_queues, v_keys)
        returning fleet.freed_key.queue
    )
    select array_agg(noted.queue) into v_noted from noted;
    perform fleet.wake(v_noted) where v_noted is not null;
end
$$;
comment on function fleet.free_keys(text[], text[]) is 'Internal: let what waits behind these keys become ready, as far as there is room by now.';

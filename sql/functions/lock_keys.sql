-- lock_keys: takes the locks of those keys that nobody else has, until the transaction ends; returns them, each once.
--
-- Under its lock a key's ready and running jobs are counted and others let in. Takes advisory transaction locks and never
-- waits for one, so that a transaction that has ended one of the key's jobs and is long in committing holds up nobody. A
-- null is no key: it has no lock, and is not returned.
create or replace function fleet.lock_keys(queues text[], keys text[]) returns table (queue text, fair_key text)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select wanted.queue, wanted.fair_key
    from (
        select distinct given.queue, given.fair_key from unnest($1, $2) as given (queue, fair_key)
    ) as wanted
    where pg_try_advisory_xact_lock(hashtextextended(wanted.queue || ' ' || wanted.fair_key, 7370223))
$$;
comment on function fleet.lock_keys(text[], text[]) is 'Internal: take the locks of those keys that nobody else has.';

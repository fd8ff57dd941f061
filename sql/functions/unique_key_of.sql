-- unique_key_of: the key under which two live jobs of a kind count as the same job, or null.
--
-- Takes no lock. The values of the kind's unique_by arguments, with its defaults for those left out, so that a job typed
-- at a prompt and one built in code meet in the same key; null where none are named. A hash, because arguments may be long.
create or replace function fleet.unique_key_of(of_kind fleet.kind, args jsonb) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select encode(sha256(convert_to(jsonb_agg(coalesce(args -> name, of_kind.defaults -> name, 'null'))::text, 'UTF8')), 'hex')
    from unnest(of_kind.unique_by) as name
$$;
comment on function fleet.unique_key_of(fleet.kind, jsonb) is 'The unique key of a job with these arguments.';

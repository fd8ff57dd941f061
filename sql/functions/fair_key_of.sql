-- fair_key_of: whose job it is: the key that was given, or the value of the kind's fair_by argument; null for nobody's.
--
-- Takes no lock. Raises FL002 for a key that is too long.
create or replace function fleet.fair_key_of(of_kind fleet.kind, args jsonb, given text default null) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text := nullif(coalesce(given, args ->> of_kind.fair_by, of_kind.defaults ->> of_kind.fair_by), '');
begin
    if octet_length(v_key) > 256 then
        raise exception sqlstate 'FL002' using
            message = format('a fair key must fit in 256 bytes, and this one has %s', octet_length(v_key)),
            hint = 'It names whose job it is, such as the id of a tenant.';
    end if;
    return v_key;
end
$$;
comment on function fleet.fair_key_of(fleet.kind, jsonb, text) is 'The fair key of a job with these arguments.';

-- require_kind: what a kind is by default; refuses one that nobody declared, and arguments no job could have.
--
-- For fleet.enqueue and fleet.enqueue_many. Takes no lock. Raises FL001 for an unknown kind, FL002 for the arguments.
create or replace function fleet.require_kind(kind text, args jsonb) returns fleet.kind
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind fleet.kind;
    v_size integer := octet_length(require_kind.args::text);
begin
    select known.* into v_kind from fleet.kind as known where known.kind = require_kind.kind;
    if v_kind.kind is null then
        raise exception sqlstate 'FL001' using
            message = format('unknown kind %s', quote_nullable(left(require_kind.kind, 64))),
            hint = coalesce(
                (select 'Known kinds: ' || string_agg(known.kind, ', ' order by known.kind) from fleet.kind as known),
                'No kind is declared yet; run the migration of this release.'
            );
    end if;
    if require_kind.args is null or jsonb_typeof(require_kind.args) <> 'object' then
        raise exception sqlstate 'FL002' using
            message = format('args must be a JSON object, not %s', coalesce(jsonb_typeof(require_kind.args), 'null')),
            hint = 'For example: select * from fleet.enqueue(''analyze'', ''{"owner":"psf","repo":"requests"}'')';
    end if;
    if v_size > 262144 then
        raise exception sqlstate 'FL002' using
            message = format('args must fit in 262144 bytes (256 KiB), not %s', v_size),
            hint = 'Store what is large elsewhere, and name it in the arguments.';
    end if;
    -- Only a text of more than two brackets a level can be so deep.
    if v_size > 130 and jsonb_path_exists(require_kind.args, 'strict $.**{65}') then
        raise exception sqlstate 'FL002' using message = 'args must be at most 64 levels deep';
    end if;
    return v_kind;
end
$$;
comment on function fleet.require_kind(text, jsonb) is 'Internal: what a kind is by default, once a job of it makes sense.';

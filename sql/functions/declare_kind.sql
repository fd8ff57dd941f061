-- declare_kind: makes a kind of job known, or changes its defaults.
--
-- Locks the row of the kind. Jobs that are already enqueued keep what they were enqueued with.
drop function if exists fleet.declare_kind(text, text, integer, interval, text[], jsonb);
create or replace function fleet.declare_kind(
    kind text, queue text, max_attempts integer, time_limit interval, unique_by text[], defaults jsonb,
    unique_scope fleet.unique_scope default 'active'
) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into fleet.kind (kind, queue, max_attempts, time_limit, unique_by, defaults, unique_scope)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (kind) do update
        set queue = excluded.queue,
            max_attempts = excluded.max_attempts,
            time_limit = excluded.time_limit,
            unique_by = excluded.unique_by,
            defaults = excluded.defaults,
            unique_scope = excluded.unique_scope
$$;
comment on function fleet.declare_kind(text, text, integer, interval, text[], jsonb, fleet.unique_scope) is
    'Make a kind of job known, with its queue, attempts, time limit and what makes two jobs the same.';

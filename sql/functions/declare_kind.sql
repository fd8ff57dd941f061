-- declare_kind: makes a kind of job known, or changes its defaults.
--
-- Locks the row of the kind. Jobs that are already enqueued keep what they were enqueued with.
drop function if exists fleet.declare_kind(text, text, integer, interval, text[], jsonb);
drop function if exists fleet.declare_kind(text, text, integer, interval, text[], jsonb, fleet.unique_scope);
create or replace function fleet.declare_kind(
    kind text, queue text, max_attempts integer, time_limit interval, unique_by text[], defaults jsonb,
    unique_scope fleet.unique_scope default 'active', fair_by text default null, retry_share real default 0.2,
    retries_per_minute integer default 60
) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into fleet.kind
        (kind, queue, max_attempts, time_limit, unique_by, defaults, unique_scope, fair_by, retry_share, retries_per_minute)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (kind) do update
        set queue = excluded.queue,
            max_attempts = excluded.max_attempts,
            time_limit = excluded.time_limit,
            unique_by = excluded.unique_by,
            defaults = excluded.defaults,
            unique_scope = excluded.unique_scope,
            fair_by = excluded.fair_by,
            retry_share = excluded.retry_share,
            retries_per_minute = excluded.retries_per_minute
$$;
comment on function fleet.declare_kind(text, text, integer, interval, text[], jsonb, fleet.unique_scope, text, real, integer) is
    'Make a kind of job known: its queue, attempts and time limit, what makes two jobs the same, whose job it is, and its retry budget.';

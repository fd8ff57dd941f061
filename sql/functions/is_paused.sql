-- is_paused: whether nothing is to be claimed from a queue now.
--
-- Takes no lock. A pause whose end has passed is none, though its row still tells of it.
create or replace function fleet.is_paused(queue text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from fleet.queue as known
        where known.name = $1
            and known.paused_at is not null
            and (known.resume_at is null or known.resume_at > fleet.now())
    )
$$;
comment on function fleet.is_paused(text) is 'Whether a queue is paused.';

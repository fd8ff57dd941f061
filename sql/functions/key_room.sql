-- key_room: the limit of a key in a queue, and how many more of its jobs may be ready there; null: any number.
--
-- Takes no lock; whoever acts on the answer holds the lock of the key (fleet.lock_keys) since before the statement that
-- asks. Counts no further than the limit, so that there is never less than no room.
create or replace function fleet.key_room(queue text, fair_key text, out max_active integer, out room integer)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
    select of_tier.max_active into key_room.max_active
    from fleet.key_limit as of_tier
    where of_tier.queue = key_room.queue
        and of_tier.tier in (
            'default', (select known.tier from fleet.key_tier as known where known.fair_key = key_room.fair_key)
        )
    order by of_tier.tier = 'default'
    limit 1;
    if key_room.max_active is not null then
        key_room.room := key_room.max_active - (
            select count(*) from (
                select from fleet.job as job
                where job.queue = key_room.queue and job.fair_key = key_room.fair_key and job.state in ('ready', 'running')
                limit key_room.max_active
            ) as active
        );
    end if;
end
$$;
comment on function fleet.key_room(text, text) is
    'How many jobs of a fair key may be ready or running in a queue, and how many more than are; null: any number.';

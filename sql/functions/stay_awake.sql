-- stay_awake: takes back that this session's worker sleeps on queues: it has no slot for a job of them.
--
-- For what fleet.fall_asleep was told on the same connection, once for each time. Takes no lock.
create or replace function fleet.stay_awake(queues text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_unlock_shared(7370224, hashtext(name) & 63) from unnest(stay_awake.queues) as name;
end
$$;
comment on function fleet.stay_awake(text[]) is 'Take back that this session''s worker sleeps on queues.';

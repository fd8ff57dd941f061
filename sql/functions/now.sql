-- now: the time by which the queue judges what is due and what has expired.
--
-- Takes no lock. Server time only, so that no worker's clock matters; `set fleet.now = '…'` moves it for one session,
-- which lets a test set the clock instead of waiting for it.
create or replace function fleet.now() returns timestamptz
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(nullif(current_setting('fleet.now', true), '')::timestamptz, clock_timestamp())
$$;
comment on function fleet.now() is 'The queue''s time: the server''s clock, or the setting fleet.now.';

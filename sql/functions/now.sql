-- now: the time by which the queue judges what is due and what has expired.
--
-- Takes no lock. Server time only, so that no worker's clock matters; `set fleet.now = '…'` moves it for one session,
-- which lets a test set the clock instead of waiting for it. Raises FL006 for a production role that has set it.
create or replace function fleet.now() returns timestamptz
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select case when coalesce(current_setting('fleet.now', true), '') = ''
        then clock_timestamp() else fleet.moved_clock(current_setting('fleet.now')) end
$$;
comment on function fleet.now() is 'The queue''s time: the server''s clock, or in tests the setting fleet.now.';

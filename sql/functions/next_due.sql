-- next_due: seconds until the next scheduled job falls due; null when none is scheduled.
--
-- Takes no lock. Never negative: what is overdue is due now.
create or replace function fleet.next_due() returns double precision
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select greatest(0, extract(epoch from min(run_at) - fleet.now()))::double precision
    from fleet.job where state = 'scheduled'
$$;
comment on function fleet.next_due() is 'Seconds until the next scheduled job falls due.';

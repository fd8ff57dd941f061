-- retry_balance: how many retries a kind can afford at a moment, from what it had when that was last counted.
--
-- Takes no lock. At most what a minute pays for is kept, and all of that when nothing has been counted yet; a clock that
-- went back pays for nothing.
create or replace function fleet.retry_balance(budget fleet.retry_budget, per_minute integer, at timestamptz)
returns double precision
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select least(
        per_minute,
        budget.balance + per_minute * greatest(extract(epoch from at - budget.counted_at)::double precision, 0) / 60
    )
$$;
comment on function fleet.retry_balance(fleet.retry_budget, integer, timestamptz) is
    'Internal: how many retries a kind can afford at a moment.';

-- hold_month: what was spent in this month; its row is made when there is none.
--
-- Locks the row until the transaction ends: whoever reserves or settles does so one after the other.
insert into app.model_months as held (month)
values (date_trunc('month', fleet.now() at time zone 'UTC')::date)
on conflict (month) do update set tokens = held.tokens
returning held.month, held.tokens, held.cost

-- spend_in_month: adds to what was spent in a month, or takes from it.
--
-- $1 month, $2 tokens, $3 cost. Locks the row of the month.
update app.model_months as spent
set tokens = greatest(spent.tokens + $2, 0), cost = greatest(spent.cost + $3, 0)
where spent.month = $1

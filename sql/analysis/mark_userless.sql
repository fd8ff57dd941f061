-- mark_userless: notes that a whole analysis is also wanted by nobody in particular; no row when it is not whole.
--
-- $1 analysis. Locks it, so that retention leaves it alone from then on.
update app.analyses set userless = true where id = $1 and completed_at is not null returning id

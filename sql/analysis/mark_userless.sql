-- mark_userless: notes that an analysis is also wanted by nobody in particular, so that retention leaves it alone.
--
-- $1 analysis. Locks it when it was not marked yet.
update app.analyses set userless = true where id = $1 and not userless

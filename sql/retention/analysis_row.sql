-- analysis_row: removes an analysis whose inventory is gone.
--
-- $1 analysis. Deletes one row; the caller holds it.
delete from app.analyses where id = $1 and completed_at is null

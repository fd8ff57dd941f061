-- hold_analysis: keep others from an uncompleted analysis for the transaction; no row when one of them is at it.
--
-- $1 analysis. Locks one row.
select id from app.analyses where id = $1 and completed_at is null for update skip locked

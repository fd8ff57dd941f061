-- lock_analysis: keep the analysis of a document from being removed until it is saved; no row when it is gone.
--
-- Locks the row of the analysis until the transaction ends; other documents and histories may refer to it meanwhile.
select id from app.analyses where id = $1 and completed_at is not null for key share

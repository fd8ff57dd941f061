-- hold_document: keep others away from a withdrawn document for the transaction; no row when one of them holds it.
--
-- Locks one row.
select id from app.documents where id = $1 and removed_at is not null for update skip locked

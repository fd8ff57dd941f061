-- document_row: removes a withdrawn document whose parts are gone.
--
-- $1 document. Deletes one row; the caller holds it.
delete from app.documents where id = $1 and removed_at is not null

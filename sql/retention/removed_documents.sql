-- removed_documents: the documents that are withdrawn but still there, those of an earlier run among them.
--
-- $1 after this document. Takes no lock.
select id from app.documents where removed_at is not null and id > $1 order by id limit 1000

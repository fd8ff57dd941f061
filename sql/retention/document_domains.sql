-- document_domains: removes the domains of a withdrawn document.
--
-- $1 document, $2 at most so many. Deletes at most that many rows; the caller holds the document.
with gone as (
    select document_id, domain from app.document_domains where document_id = $1 limit $2
)
delete from app.document_domains as part
using gone
where part.document_id = gone.document_id and part.domain = gone.domain

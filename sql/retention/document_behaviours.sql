-- document_behaviours: removes the behaviours of a withdrawn document.
--
-- $1 document, $2 at most so many. Deletes at most that many rows; the caller holds the document.
with gone as (
    select document_id, feature, behaviour from app.document_behaviours where document_id = $1 limit $2
)
delete from app.document_behaviours as part
using gone
where part.document_id = gone.document_id and part.feature = gone.feature and part.behaviour = gone.behaviour

-- newest_document: the newest document a user has of a codebase in a language, unless it is being removed.
--
-- Locks the row until the transaction ends, so that retention cannot begin to remove what is about to be used again.
-- A document belongs to one user, with that user's retention; another user's is never handed out.
select id, version, content_hash
from app.documents
where codebase_id = $1 and language = $2 and user_id is not distinct from $3 and removed_at is null
order by version desc
limit 1
for no key update

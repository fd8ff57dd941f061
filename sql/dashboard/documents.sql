-- documents: specification documents, the newest first.
--
-- $1 below this number, $2 a part of the repository's owner or name, or null. Takes no lock.
select
    document.id, codebase.host, codebase.owner, codebase.repo, document.analysis_id, document.language, document.version,
    document.model, document.created_at
from app.documents as document
join app.codebases as codebase on codebase.id = document.codebase_id
where document.id < $1 and document.removed_at is null
    and ($2::text is null or strpos(lower(codebase.owner || '/' || codebase.repo), lower($2)) > 0)
order by document.id desc
limit 51

-- edition: one saved document, and what it is of; no row when there is none or it is being removed.
--
-- Takes no lock.
select
    document.id, document.version, document.language, document.model, document.user_id, document.created_at,
    document.analysis_id, document.codebase_id, codebase.host, codebase.owner, codebase.repo, analysis.commit,
    analysis.tests
from app.documents as document
join app.codebases as codebase on codebase.id = document.codebase_id
join app.analyses as analysis on analysis.id = document.analysis_id
where document.id = $1 and document.removed_at is null

-- document: one document, and the repository and commit it is about.
--
-- $1 its number. Takes no lock.
select
    document.id, document.version, document.language, document.model, document.prompt_version, document.overview,
    document.created_at, document.analysis_id, document.codebase_id, codebase.host, codebase.owner, codebase.repo,
    analysis.commit, analysis.tests
from app.documents as document
join app.codebases as codebase on codebase.id = document.codebase_id
join app.analyses as analysis on analysis.id = document.analysis_id
where document.id = $1 and document.removed_at is null

-- analysis: one inventory and the repository it is of.
--
-- $1 its number. Takes no lock.
select
    analysis.id, codebase.host, codebase.owner, codebase.repo, codebase.private, analysis.commit, analysis.parser_version,
    analysis.job_id, analysis.started_at, analysis.completed_at, analysis.candidates, analysis.files, analysis.tests,
    analysis.phases::text as phases,
    array(
        select document.id from app.documents as document
        where document.analysis_id = analysis.id and document.removed_at is null
        order by document.id desc limit 20
    ) as documents
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where analysis.id = $1

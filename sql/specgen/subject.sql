-- subject: an analysis and the repository it is of; no row when there is none.
--
-- Takes no lock.
select
    analysis.id, analysis.codebase_id, codebase.host, codebase.owner, codebase.repo, analysis.commit,
    analysis.completed_at is not null as completed, coalesce(analysis.tests, 0) as tests
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where analysis.id = $1

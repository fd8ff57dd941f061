-- analyses: inventories, the newest first.
--
-- $1 below this number, $2 a part of the repository's owner or name, or null. Takes no lock.
select
    analysis.id, codebase.host, codebase.owner, codebase.repo, codebase.private, analysis.commit, analysis.parser_version,
    analysis.job_id, analysis.started_at, analysis.completed_at, analysis.files, analysis.tests
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where analysis.id < $1
    and ($2::text is null or strpos(lower(codebase.owner || '/' || codebase.repo), lower($2)) > 0)
order by analysis.id desc
limit 51

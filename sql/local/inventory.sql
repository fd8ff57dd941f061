-- inventory: an analysis in one row: what it counted, and how long each phase took.
--
-- $1 analysis. Takes no lock.
select
    case when codebase.host like '%.localhost' then codebase.repo else codebase.owner || '/' || codebase.repo end as repository,
    analysis.commit,
    analysis.candidates,
    analysis.files,
    analysis.tests,
    analysis.phases::text as phases,
    (select count(*) from app.test_files as file where file.analysis_id = analysis.id and file.unparsed is not null) as unparsed
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where analysis.id = $1

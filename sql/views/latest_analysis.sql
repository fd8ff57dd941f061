-- latest_analysis: the newest whole inventory of each repository.
--
-- Of two that were completed in the same moment, the one that was begun later.
create or replace view app.latest_analysis as
select
    codebase.id as codebase_id, codebase.host, codebase.owner, codebase.repo, codebase.private,
    latest.id as analysis_id, latest.commit, latest.parser_version, latest.completed_at, latest.candidates, latest.files,
    latest.tests
from app.codebases as codebase
cross join lateral (
    select
        analysis.id, analysis.commit, analysis.parser_version, analysis.completed_at, analysis.candidates, analysis.files,
        analysis.tests
    from app.analyses as analysis
    where analysis.codebase_id = codebase.id and analysis.completed_at is not null
    order by analysis.completed_at desc, analysis.id desc
    limit 1
) as latest;
comment on view app.latest_analysis is
    'The newest whole inventory of each repository.';

-- find_seen: a whole inventory of a commit of a repository that its host has just shown to somebody.
--
-- $1 host, $2 external id, $3 commit, $4 parser version, $5 user or null, $6 whether the host says that it is private. Takes
-- no lock. Who is shown a private repository need not be allowed its files, so it has to be in the user's history already.
select analysis.id, analysis.candidates, analysis.files, analysis.tests
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where codebase.host = $1
    and codebase.external_id = $2
    and analysis.commit = $3
    and analysis.parser_version = $4
    and analysis.completed_at is not null
    and (
        not (codebase.private or $6)
        or exists (
            select from app.user_analysis_history as history
            where history.analysis_id = analysis.id and history.user_id = $5
        )
    )

-- find_completed: a whole inventory of a commit that a user may see without fetching the repository.
--
-- $1 host, $2 owner, $3 repo, $4 commit, $5 parser version, $6 user or null. Takes no lock. An inventory of a private
-- codebase is for users who have it in their history already; anybody else has to show that they can fetch it.
select analysis.id, analysis.candidates, analysis.files, analysis.tests
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where codebase.host = $1
    and lower(codebase.owner) = lower($2)
    and lower(codebase.repo) = lower($3)
    and analysis.commit = $4
    and analysis.parser_version = $5
    and analysis.completed_at is not null
    and (
        not codebase.private
        or exists (
            select from app.user_analysis_history as history
            where history.analysis_id = analysis.id and history.user_id = $6
        )
    )

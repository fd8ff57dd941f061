-- may_see: whether an analysis may be shown to a user: it is of a public repository, or in the user's history.
--
-- $1 analysis, $2 user or null. Takes no lock.
select not codebase.private or exists (
    select from app.user_analysis_history as entry where entry.user_id = $2 and entry.analysis_id = $1
)
from app.analyses as analysis
join app.codebases as codebase on codebase.id = analysis.codebase_id
where analysis.id = $1

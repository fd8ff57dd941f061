-- completed: the whole inventory of a commit of a codebase, for somebody who has just fetched that commit.
--
-- $1 codebase, $2 commit, $3 parser version. Takes no lock.
select id, candidates, files, tests
from app.analyses
where codebase_id = $1 and commit = $2 and parser_version = $3 and completed_at is not null

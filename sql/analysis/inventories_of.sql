-- inventories_of: the whole inventories of a repository, newest first.
--
-- $1 host, $2 owner, $3 repo, in whatever case, $4 how many. Takes no lock.
select analysis.id
from app.codebases as codebase
join app.analyses as analysis on analysis.codebase_id = codebase.id
where codebase.host = $1 and lower(codebase.owner) = lower($2) and lower(codebase.repo) = lower($3)
    and analysis.completed_at is not null
order by analysis.completed_at desc, analysis.id desc
limit $4

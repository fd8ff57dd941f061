-- concerned: the codebases that an answer of a host is about: the repository's own, and the one at its address.
--
-- $1 host, $2 external id, $3 owner, $4 repo. Takes no lock; lock_host holds them still.
select codebase.id, codebase.private, codebase.seen_at, false as holds, true as own
from app.codebases as codebase
where codebase.host = $1 and codebase.external_id = $2
    and (lower(codebase.owner), lower(codebase.repo)) <> (lower($3), lower($4))
union all
select
    codebase.id, codebase.private, codebase.seen_at, true as holds, codebase.external_id is not distinct from $2 as own
from app.codebases as codebase
where codebase.host = $1 and lower(codebase.owner) = lower($3) and lower(codebase.repo) = lower($4)

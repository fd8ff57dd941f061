-- editions: the saved documents of a repository, or of all, newest first.
--
-- $1 host, $2 owner and $3 repo, in whatever case, or null for every repository; $4 language, $5 version and $6 user, or
-- null for any; $7 how many. Takes no lock; what is being removed is not there any more.
select
    document.id, document.version, document.language, document.model, document.user_id, document.created_at,
    document.analysis_id, document.codebase_id, codebase.host, codebase.owner, codebase.repo, analysis.commit,
    analysis.tests
from app.documents as document
join app.codebases as codebase on codebase.id = document.codebase_id
join app.analyses as analysis on analysis.id = document.analysis_id
where document.removed_at is null
    and ($1::text is null or codebase.host = $1 and lower(codebase.owner) = lower($2) and lower(codebase.repo) = lower($3))
    and ($4::text is null or document.language = $4)
    and ($5::integer is null or document.version = $5)
    and ($6::bigint is null or document.user_id = $6)
order by document.created_at desc, document.id desc
limit $7

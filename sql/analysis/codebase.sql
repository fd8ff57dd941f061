-- codebase: finds the codebase at an address, or makes it; once seen as private it stays private.
--
-- $1 host, $2 owner, $3 repo, $4 private. Locks its row.
insert into app.codebases (host, owner, repo, private)
values ($1, $2, $3, $4)
on conflict (host, lower(owner), lower(repo)) do update
    set private = app.codebases.private or excluded.private
returning id

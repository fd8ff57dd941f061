-- new_codebase: makes a codebase of what a host says; no row when somebody has made one at its address meanwhile.
--
-- $1 host, $2 owner, $3 repo, $4 external id, $5 when the host was asked, $6 private. Locks the new row.
insert into app.codebases (host, owner, repo, external_id, seen_at, private)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
returning id

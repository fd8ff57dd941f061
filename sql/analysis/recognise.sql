-- recognise: writes down what a host says of a codebase; no row when the codebase has become private without a number.
--
-- $1 codebase, $2 owner, $3 repo, $4 external id, $5 when the host was asked, $6 private, $7 whether it was also fetched
-- without a token. Locks its row. To be public again takes both witnesses. And what was private before anybody saw its number
-- may be another repository than the public one that is at its address now.
update app.codebases
set owner = $2,
    repo = $3,
    external_id = $4,
    seen_at = $5,
    private = $6 or (private and not $7)
where id = $1 and (external_id = $4 or (external_id is null and ($6 or not private)))
returning id

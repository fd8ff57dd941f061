-- lock_codebase: let one document of a codebase be saved at a time, so that no two get one version.
--
-- Locks the row of the codebase until the transaction ends, in a mode that analyses of the codebase do not wait for.
select id from app.codebases where id = $1 for no key update

-- take_address: takes its address from a codebase, which keeps its inventories and its number.
--
-- $1 codebase. Locks its row. Nobody can ask for what it is called from then on.
update app.codebases set repo = repo || '~' || id where id = $1

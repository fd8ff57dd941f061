-- lock_host: lets one transaction at a time change who is at which address of a host.
--
-- $1 host. Released with the transaction. Two that rename towards each other would otherwise wait for one another.
select pg_advisory_xact_lock(hashtextextended('app.codebases ' || $1, 0))

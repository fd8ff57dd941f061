-- policy: for how many days is kept what no user's plan decides about.
--
-- Takes no lock.
select what, days from app.retention_policy

-- hold: keeps an inventory to its writer until the end of the transaction; no row when it has another one by now.
--
-- $1 analysis, $2 job, $3 token. Shares the row's lock, so that begin of a successor waits.
select id from app.analyses where id = $1 and job_id = $2 and job_token = $3 and completed_at is null for share

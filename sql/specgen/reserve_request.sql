-- reserve_request: writes down a request that is about to be sent, at the most that it can take; returns its id.
--
-- $1 job, $2 token, $3 user, $4 task, $5 model, $6 and $7 tokens in and out, $8 cost. Inserts one row.
insert into app.model_requests (job_id, job_token, user_id, task, model, tokens_in, tokens_out, cost, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, fleet.now())
returning id

-- abandon_requests: closes what earlier attempts of a job left open when they were killed or cancelled.
--
-- $1 job, $2 the present token. Locks those rows. They stay counted at the most that they can have taken: whether the
-- provider answered them, and was paid, nobody can tell.
update app.model_requests as request
set outcome = 'unknown', ended_at = fleet.now()
where request.job_id = $1 and request.job_token < $2 and request.ended_at is null

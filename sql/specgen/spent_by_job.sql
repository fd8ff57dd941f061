-- spent_by_job: what a job's requests took in all its attempts, those under way at their most.
--
-- $1 job. Takes no lock.
select
    count(*) as requests,
    coalesce(sum(request.tokens_in), 0)::bigint as tokens_in,
    coalesce(sum(request.tokens_out), 0)::bigint as tokens_out,
    coalesce(sum(request.cost), 0) as cost
from app.model_requests as request
where request.job_id = $1

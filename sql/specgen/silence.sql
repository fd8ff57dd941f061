-- silence: for how long a job has waited for its model: since it last answered, or else since it was first asked.
--
-- $1 job. Takes no lock. Null when it was never asked.
select fleet.now() - coalesce(
    max(request.ended_at) filter (where request.outcome in ('answered', 'unreadable', 'withheld', 'cut')),
    min(request.started_at)
)
from app.model_requests as request
where request.job_id = $1

-- silence: for how long a job has asked its model in vain: since the first request that it did not answer after the last it did.
--
-- $1 job. Takes no lock. Null when there is none: what lies between two attempts is nobody's silence.
select fleet.now() - min(request.started_at)
from app.model_requests as request
where request.job_id = $1
    and request.started_at >= coalesce(
        (
            select max(answered.ended_at)
            from app.model_requests as answered
            where answered.job_id = $1 and answered.outcome in ('answered', 'unreadable', 'withheld', 'cut')
        ),
        '-infinity'
    )

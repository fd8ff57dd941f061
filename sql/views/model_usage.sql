-- model_usage: what requests to language models took, by month, model and user.
--
-- Rows that retention has removed are not in it; app.model_months keeps the sum of each month.
create or replace view app.model_usage as
select
    date_trunc('month', request.started_at at time zone 'UTC')::date as month,
    request.model,
    request.user_id,
    count(*) as requests,
    count(*) filter (where request.outcome = 'answered') as answered,
    count(*) filter (where request.outcome in ('unreadable', 'withheld', 'cut')) as wasted,
    count(*) filter (where request.outcome in ('refused', 'busy', 'failed')) as failed,
    count(*) filter (where request.outcome is null or request.outcome = 'unknown') as unknown,
    sum(request.tokens_in)::bigint as tokens_in,
    sum(request.tokens_out)::bigint as tokens_out,
    sum(request.cost) as cost
from app.model_requests as request
group by 1, 2, 3;
comment on view app.model_usage is
    'Requests to language models by month (UTC), model and user: how many, what became of them, and their tokens and cost; what is under way, or unknown, at its most.';

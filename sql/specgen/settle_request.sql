-- settle_request: what a request took in the end; returns by how much that is less than was reserved, and in which month.
--
-- $1 request, $2 outcome, $3 and $4 tokens in and out, $5 cost. Locks its row. No row when it was settled already.
with reserved as (
    select request.id, request.tokens_in + request.tokens_out as tokens, request.cost
    from app.model_requests as request
    where request.id = $1 and request.ended_at is null
    for update
)
update app.model_requests as request
set outcome = $2, tokens_in = $3, tokens_out = $4, cost = $5, ended_at = fleet.now()
from reserved
where request.id = reserved.id
returning
    date_trunc('month', request.started_at at time zone 'UTC')::date as month,
    request.tokens_in + request.tokens_out - reserved.tokens as tokens,
    request.cost - reserved.cost as cost

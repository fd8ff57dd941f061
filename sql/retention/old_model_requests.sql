-- old_model_requests: removes old rows of the ledger of requests to language models; the months' sums stay.
--
-- $1 what is older may go, $2 at most so many. Deletes at most that many rows, skipping those that somebody holds.
with old as (
    select request.id
    from app.model_requests as request
    where request.started_at <= $1
    order by request.started_at
    limit $2
    for update skip locked
)
delete from app.model_requests as request
using old
where request.id = old.id

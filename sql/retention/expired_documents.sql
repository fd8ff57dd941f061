-- expired_documents: withdraws documents that outlived the retention they were made with.
--
-- $1 now, $2 at most so many. Updates at most that many rows; rows another transaction holds are left for a later run.
-- A withdrawn document is not shown and not used again, so that nobody sees half of one while its parts go.
with expired as (
    select document.id
    from app.documents as document
    where document.retention_days is not null
        and document.removed_at is null
        and document.created_at
        <= ($1::timestamptz at time zone 'UTC' - make_interval(days => document.retention_days)) at time zone 'UTC'
    order by document.created_at
    limit $2
    for update skip locked
)
update app.documents as document
set removed_at = $1
from expired
where document.id = expired.id

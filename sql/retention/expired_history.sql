-- expired_history: removes entries of users' histories that outlived the retention they were made with.
--
-- $1 now, $2 at most so many. Deletes at most that many rows; rows another transaction holds are left for a later run.
-- An entry is due when its days, of 24 hours in UTC, are over to the microsecond. The days are taken from now and not
-- added to the entry, because an entry's time may lie so far ahead that the sum does not exist. Deleted by its place, which
-- its lock keeps: to look for it by its key would be most of the work.
with expired as materialized (
    select entry.ctid as place
    from app.user_analysis_history as entry
    where entry.retention_days is not null
        and entry.created_at
        <= ($1::timestamptz at time zone 'UTC' - make_interval(days => entry.retention_days)) at time zone 'UTC'
    order by entry.created_at
    limit $2
    for update skip locked
)
delete from app.user_analysis_history as entry
where entry.ctid = any(array(select expired.place from expired))

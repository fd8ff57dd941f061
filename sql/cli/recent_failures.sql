-- recent_failures: what failed or was lost since $1, by kind and first line of the error, the most frequent first.
--
-- Takes no lock. The view fleet.failures is about all of the history, which is too much to ask every few seconds.
with failed as (
    select
        history.id, history.kind, history.finished_at,
        concat_ws(': ', history.error_class, nullif(left(split_part(history.error_message, E'\n', 1), 200), '')) as error
    from fleet.job_history as history
    where history.outcome in ('failed', 'lost')
        and history.finished_at > (select fleet.now()) - $1::interval
)
select
    failed.kind, failed.error, count(*) as count, max(failed.finished_at) as latest,
    (array_agg(failed.id order by failed.finished_at desc, failed.id desc))[1:5] as sample_ids
from failed
group by failed.kind, failed.error
order by count(*) desc, max(failed.finished_at) desc
limit 10

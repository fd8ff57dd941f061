-- failures: what failed or was lost, by kind and first line of the error, with the most frequent first.
create or replace view fleet.failures as
with failed as (
    select
        history.id,
        history.kind,
        history.finished_at,
        concat_ws(': ', history.error_class, nullif(left(split_part(history.error_message, E'\n', 1), 200), '')) as error
    from fleet.job_history as history
    where history.outcome in ('failed', 'lost')
)
select
    failed.kind,
    failed.error,
    count(*) as count,
    max(failed.finished_at) as latest,
    (array_agg(failed.id order by failed.finished_at desc, failed.id desc))[1:5] as sample_ids
from failed
group by failed.kind, failed.error
order by count(*) desc, max(failed.finished_at) desc;
comment on view fleet.failures is
    'Failed and lost jobs by kind and first line of the error: how many, the latest, and the ids of the last five.';

-- due: which steps of a sweep have anything to do now.
--
-- $1 now. What is older may go: $2 jobs, $3 workers, $4 records of cron tasks, $5 minutes and $6 hours of sums, $7 records of
-- actions, $8 answers of language models and $9 requests to them; null: nothing. Takes no lock. Each condition is that with
-- which the step looks for its rows, in the order of its index: without an order the planner would try the table from its
-- beginning, and where nothing is due read all of it.
select
    due.*,
    (
        select true
        from app.user_analysis_history as entry
        where entry.retention_days is not null
            and entry.created_at
            <= ($1::timestamptz at time zone 'UTC' - make_interval(days => entry.retention_days)) at time zone 'UTC'
        order by entry.created_at
        limit 1
    ) as history,
    (
        select true
        from app.documents as document
        where document.retention_days is not null
            and document.removed_at is null
            and document.created_at
            <= ($1::timestamptz at time zone 'UTC' - make_interval(days => document.retention_days)) at time zone 'UTC'
        order by document.created_at
        limit 1
    ) as documents_withdrawn,
    (select true from app.documents as document where document.removed_at is not null order by document.id limit 1) as documents,
    (
        select true
        from app.analyses as analysis
        where analysis.completed_at <= $1::timestamptz - interval '24 hours'
            and not analysis.userless
            and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
            and not exists (select from app.documents as document where document.analysis_id = analysis.id)
            and not exists (select from app.awaited_analyses as awaited where awaited.analysis_id = analysis.id::text)
        order by analysis.id
        limit 1
    ) as analyses_condemned,
    (
        select true
        from app.analyses as analysis
        where analysis.completed_at is null
            and analysis.started_at <= $1::timestamptz - interval '24 hours'
            and not exists (select from fleet.job as job where job.id = analysis.job_id)
            and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
            and not exists (select from app.documents as document where document.analysis_id = analysis.id)
        order by analysis.id
        limit 1
    ) as analyses,
    (
        select true from app.model_answers as answer where answer.used_at <= $8 order by answer.used_at limit 1
    ) as model_answers,
    (
        select true from app.model_requests as request where request.started_at <= $9 order by request.started_at limit 1
    ) as model_requests
from fleet.cleanup_due($2, $3, $4, $5, $6, $7) as due

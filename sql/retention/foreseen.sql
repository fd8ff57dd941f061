-- foreseen: how much a sweep would remove now, by step, if nobody else changed anything.
--
-- $1 now. Takes no lock. Each condition is that of the statement which removes: history that is due refers to nothing any
-- more, nor does a document that is due or withdrawn, so that what only they keep is counted as gone.
with orphan as (
    select analysis.id, analysis.job_id, analysis.started_at, analysis.completed_at
    from app.analyses as analysis
    where (
        analysis.completed_at is null
        or (
            analysis.completed_at <= $1::timestamptz - interval '24 hours'
            and not analysis.userless
            and not exists (select from app.awaited_analyses as awaited where awaited.analysis_id = analysis.id::text)
        )
    )
    and not exists (
        select
        from app.user_analysis_history as entry
        where entry.analysis_id = analysis.id
            and (
                entry.retention_days is null
                or entry.created_at
                > ($1::timestamptz at time zone 'UTC' - make_interval(days => entry.retention_days)) at time zone 'UTC'
            )
    )
    and not exists (
        select
        from app.documents as document
        where document.analysis_id = analysis.id
            and document.removed_at is null
            and (
                document.retention_days is null
                or document.created_at
                > ($1::timestamptz at time zone 'UTC' - make_interval(days => document.retention_days)) at time zone 'UTC'
            )
    )
), document as (
    select document.removed_at
    from app.documents as document
    where document.removed_at is not null
        or document.created_at
        <= ($1::timestamptz at time zone 'UTC' - make_interval(days => document.retention_days)) at time zone 'UTC'
)
select
    (
        select count(*)
        from app.user_analysis_history as entry
        where entry.retention_days is not null
            and entry.created_at
            <= ($1::timestamptz at time zone 'UTC' - make_interval(days => entry.retention_days)) at time zone 'UTC'
    ) as history,
    (select count(*) from document where document.removed_at is null) as documents_withdrawn,
    (select count(*) from document) as documents,
    (select count(*) from orphan where orphan.completed_at is not null) as analyses_condemned,
    (
        select count(*)
        from orphan
        where orphan.started_at <= $1::timestamptz - interval '24 hours'
            and not exists (select from fleet.job as job where job.id = orphan.job_id)
    ) as analyses

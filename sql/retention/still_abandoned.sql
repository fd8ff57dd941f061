-- still_abandoned: whether an analysis that the caller holds may go.
--
-- $1 analysis. Takes no lock. Run after hold_analysis, in a statement of its own, it sees every reference there can be.
select exists (
    select
    from app.analyses as analysis
    where analysis.id = $1
        and analysis.completed_at is null
        and not exists (select from fleet.job as job where job.id = analysis.job_id)
        and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
        and not exists (select from app.documents as document where document.analysis_id = analysis.id)
)

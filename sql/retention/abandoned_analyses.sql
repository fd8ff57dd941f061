-- abandoned_analyses: analyses begun a day ago or earlier that are not completed and that no live job writes.
--
-- $1 now, $2 after this analysis. Takes no lock.
select analysis.id
from app.analyses as analysis
where analysis.completed_at is null
    and analysis.started_at <= $1::timestamptz - interval '24 hours'
    and not exists (select from fleet.job as job where job.id = analysis.job_id)
    and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
    and not exists (select from app.documents as document where document.analysis_id = analysis.id)
    and analysis.id > $2
order by analysis.id
limit 1000

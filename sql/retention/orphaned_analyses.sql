-- orphaned_analyses: holds analyses that were completed a day ago or earlier and that nobody seems to refer to.
--
-- $1 now, $2 at most so many. Locks the rows it returns until the transaction ends, so that nobody can begin to refer
-- to them; rows that somebody is referring to at this moment are skipped. A reference that was committed while this
-- statement ran is not seen by it: condemn looks again. An analysis that a live job is to write about is left alone.
select analysis.id
from app.analyses as analysis
where analysis.completed_at <= $1::timestamptz - interval '24 hours'
    and not analysis.userless
    and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
    and not exists (select from app.documents as document where document.analysis_id = analysis.id)
    and not exists (select from app.awaited_analyses as awaited where awaited.analysis_id = analysis.id::text)
order by analysis.id
limit $2
for update skip locked

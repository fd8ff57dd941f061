-- condemn: takes their completion from analyses that nobody refers to, so that no one uses half of one while it goes.
--
-- $1 analyses, which the caller has locked in this transaction: this statement sees every reference there can be.
-- A condemned analysis is one that never was completed: the next analysis of its commit may make it whole again.
update app.analyses as analysis
set completed_at = null, candidates = null, files = null, tests = null
where analysis.id = any($1::bigint[])
    and not exists (select from app.user_analysis_history as entry where entry.analysis_id = analysis.id)
    and not exists (select from app.documents as document where document.analysis_id = analysis.id)

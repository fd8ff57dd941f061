-- complete: marks an inventory as whole; no row when it has another writer by now.
--
-- $1 analysis, $2 job, $3 token, $4 candidates, $5 files, $6 tests, $7 phases as JSON text. Locks the analysis.
update app.analyses
set completed_at = clock_timestamp(),
    candidates = $4,
    files = $5,
    tests = $6,
    phases = $7::text::jsonb
where id = $1 and job_id = $2 and job_token = $3 and completed_at is null
returning id

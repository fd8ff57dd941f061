-- begin: makes one claim of one job the only writer of an inventory; no row when somebody else is, or it is whole.
--
-- $1 codebase, $2 commit, $3 parser version, $4 userless, $5 job, $6 token. Locks the analysis: a batch of the former
-- writer commits before, and its next one finds that the analysis is no longer its own.
insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at)
values ($1, $2, $3, $4, $5, $6, clock_timestamp())
on conflict (codebase_id, commit, parser_version) do update
    set job_id = excluded.job_id,
        job_token = excluded.job_token,
        started_at = excluded.started_at,
        userless = app.analyses.userless or excluded.userless
    where app.analyses.completed_at is null
        and not exists (
            select from fleet.job as writer
            where writer.id = app.analyses.job_id
                and writer.token = app.analyses.job_token
                and writer.state = 'running'
                and writer.id <> excluded.job_id
        )
returning id

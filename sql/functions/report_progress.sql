-- report_progress: shows how far a running job is; false when the claim is no longer current.
--
-- Locks the job's row.
create or replace function fleet.report_progress(id bigint, token integer, progress jsonb) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    update fleet.job as job
    set progress = report_progress.progress
    where job.id = report_progress.id and job.token = report_progress.token and job.worker is not null;
    return found;
end
$$;
comment on function fleet.report_progress(bigint, integer, jsonb) is 'Show how far a running job is.';

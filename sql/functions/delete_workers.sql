-- delete_workers: deletes workers that died before a time and have no jobs any more; returns how many.
--
-- A claim does the same when it rescues; this is for those of services that nothing claims for any more. Locks at most so
-- many rows, skipping those that somebody holds. A worker with a job stays until the job is rescued.
create or replace function fleet.delete_workers(before timestamptz, at_most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_deleted integer;
begin
    with stale as (
        select worker.id
        from fleet.worker as worker
        where worker.lease_until <= delete_workers.before
            and not exists (select from fleet.job as job where job.worker = worker.id)
        limit delete_workers.at_most
        for update skip locked
    )
    delete from fleet.worker as worker using stale where worker.id = stale.id;
    get diagnostics v_deleted = row_count;
    return v_deleted;
end
$$;
comment on function fleet.delete_workers(timestamptz, integer) is 'Delete workers that died before a time and have no jobs.';

-- keep_worker_with_jobs: refuses to delete a worker that still has running jobs, which nothing could then rescue.
--
-- Takes no lock of its own. fleet.rescue hands the jobs back first.
create or replace function fleet.keep_worker_with_jobs() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from fleet.job where state = 'running' and worker = old.id) then
        raise exception sqlstate 'FL004' using
            message = format('worker %s still has running jobs', old.id),
            hint = 'End its lease instead: update fleet.worker set lease_until = now(); its jobs are then rescued.';
    end if;
    return old;
end
$$;
comment on function fleet.keep_worker_with_jobs() is 'Trigger: a worker with running jobs cannot be deleted.';

create or replace trigger keep_worker_with_jobs before delete on fleet.worker
for each row execute function fleet.keep_worker_with_jobs();

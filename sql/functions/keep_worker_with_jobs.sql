-- keep_worker_with_jobs: refuses to delete a worker that still has running jobs, which nothing could then rescue.
--
-- Takes no lock of its own. fleet.rescue hands the jobs back first.
create or replace function fleet.keep_worker_with_jobs() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_busy uuid;
begin
    if tg_op = 'TRUNCATE' then
        select worker into v_busy from fleet.job where state = 'running' limit 1;
    else
        select worker into v_busy from fleet.job where state = 'running' and worker = old.id limit 1;
    end if;
    if found then
        raise exception sqlstate 'FL004' using
            message = format('worker %s still has running jobs', v_busy),
            hint = 'End its lease instead: update fleet.worker set lease_until = now(); its jobs are then rescued.';
    end if;
    return old;
end
$$;
comment on function fleet.keep_worker_with_jobs() is 'Trigger: a worker with running jobs cannot be deleted.';

create or replace trigger keep_worker_with_jobs before delete on fleet.worker
for each row execute function fleet.keep_worker_with_jobs();

create or replace trigger keep_workers_with_jobs before truncate on fleet.worker
for each statement execute function fleet.keep_worker_with_jobs();

-- locked: says which of these jobs somebody else holds locked.
--
-- For a worker one of whose ends waits for a lock: the others need not wait with it. Locks the free ones for as long as
-- the statement runs, waits for none.
create or replace function fleet.locked(ids bigint[]) returns setof bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    with free as materialized (
        select job.id from fleet.job as job where job.id = any($1) for update skip locked
    )
    select job.id from fleet.job as job
    where job.id = any($1) and not exists (select from free where free.id = job.id)
$$;
comment on function fleet.locked(bigint[]) is 'Which of these jobs another session holds locked.';

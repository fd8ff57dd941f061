-- held_by: what a worker is running, as the database sees it.
--
-- Takes no lock, writes nothing. The worker compares it with what it really runs.
create or replace function fleet.held_by(worker uuid) returns table (id bigint, token integer)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select job.id, job.token from fleet.job as job where job.state = 'running' and job.worker = $1 order by job.id
$$;
comment on function fleet.held_by(uuid) is 'The (id, token) of every job a worker is running.';

-- held_by: what a worker is running, as the database sees it, and what of that it is asked to cancel.
--
-- Takes no lock, writes nothing. The worker compares it with what it really runs.
create or replace function fleet.held_by(worker uuid) returns table (id bigint, token integer, cancel_requested boolean)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select job.id, job.token, job.cancel_requested_at is not null
    from fleet.job as job where job.state = 'running' and job.worker = $1
$$;
comment on function fleet.held_by(uuid) is 'The (id, token) of every job a worker is running, and whether its cancel was requested.';

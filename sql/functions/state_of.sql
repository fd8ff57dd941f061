-- state_of: the state of a live job, the outcome of a finished one, or null.
--
-- Takes no lock. A running job whose cancel was requested is cancelling.
create or replace function fleet.state_of(id bigint) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (select case when job.cancel_requested_at is null then job.state::text else 'cancelling' end
         from fleet.job as job where job.id = $1),
        (select ended.outcome::text from fleet.job_history as ended where ended.id = $1)
    )
$$;
comment on function fleet.state_of(bigint) is
    'The state of a live job (cancelling: running, its cancel requested), the outcome of a finished one, or null.';

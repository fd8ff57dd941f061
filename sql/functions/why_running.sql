-- why_running: where a job runs, and what stands in the way of its end.
--
-- Takes no lock. For fleet.why.
create or replace function fleet.why_running(id bigint) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select unnest(array_remove(array[
        format(
            'it is running: on worker %s%s since %s, attempt %s of %s',
            job.worker, coalesce(' (' || worker.service || ', ' || worker.replica || ')', ''),
            date_trunc('second', job.claimed_at), job.attempt, job.max_attempts
        ),
        case when worker.lease_until is null or worker.lease_until <= fleet.now()
            then 'its worker is dead: whichever worker claims next rescues it' end,
        case when job.cancel_requested_at is not null
            then format('its cancel was requested at %s', date_trunc('second', job.cancel_requested_at))
                || coalesce(', because of ' || job.cancel_reason, '') || ': it ends when its worker has stopped it' end
    ], null))
    from fleet.job as job
    left join fleet.worker as worker on worker.id = job.worker
    where job.id = $1 and job.worker is not null
$$;
comment on function fleet.why_running(bigint) is 'Internal: where a job runs, and what stands in the way of its end.';

-- cancel: ends waiting jobs as cancelled at once, and asks the workers of running ones to stop them.
--
-- Locks the jobs in id order. A request stays in the job's row until the job has ended: its worker finds it there, and the
-- notification to the worker only makes it look sooner. A finished or unknown job is left as it is. One row for each
-- different id; now is cancelling for a job that its worker has yet to stop.
create or replace function fleet.cancel(ids bigint[], reason text default null)
returns table (id bigint, was text, now text)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_ids bigint[];
    v_was text[];
    v_workers uuid[];
begin
    if octet_length(cancel.reason) > 1024 then
        raise exception sqlstate 'FL002' using message = 'a reason must fit in 1024 bytes';
    end if;
    select array_agg(locked.id), array_agg(locked.was) into v_ids, v_was from fleet.lock_jobs(cancel.ids) as locked;

    perform fleet.end_jobs(
        array(select job.id from fleet.job as job where job.id = any(v_ids) and job.worker is null),
        'cancelled',
        v_now,
        cancel.reason
    );

    with asked as (
        update fleet.job as job
        set cancel_requested_at = v_now,
            cancel_reason = cancel.reason
        where job.id = any(v_ids) and job.worker is not null and job.cancel_requested_at is null
        returning job.worker
    )
    select array_agg(asked.worker) into v_workers from asked;
    perform pg_notify('fleet_cancel', told.worker::text) from unnest(v_workers) as told (worker);

    return query
    select given.id, given.was, fleet.state_of(given.id) from unnest(v_ids, v_was) as given (id, was) order by given.id;
end
$$;
comment on function fleet.cancel(bigint[], text) is
    'Cancel jobs: select * from fleet.cancel(array[42], reason => ''wrong repo''). Waiting ones end at once, running ones when their worker has stopped them.';

-- renew_waiting: gives the job that waits under a unique key new arguments and a new time; returns its id, or null.
--
-- For fleet.enqueue. Locks that job, waiting for a claim that has it; a job which runs by then is left alone, and null is
-- returned. With at_most, the time is never later than so long after the job was first enqueued. A null priority stays.
-- A job whose fair key changes with its arguments arrives under the new one, and the old key's next one gets its place.
-- Workers are woken, because the next due time may have changed.
drop function if exists fleet.renew_waiting(fleet.kind, text, jsonb, integer, timestamptz, interval, timestamptz);
create or replace function fleet.renew_waiting(
    of_kind fleet.kind, key text, args jsonb, priority integer, run_at timestamptz, at_most interval, at timestamptz,
    fair_key text
) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
    v_queue text;
    v_left_queue text;
    v_left_key text;
begin
    select job.id into v_id from fleet.job as job
    where job.kind = of_kind.kind and job.unique_key = key
        and job.unique_scope = 'active' and of_kind.unique_scope = 'active'
    union all
    select job.id from fleet.job as job
    where job.kind = of_kind.kind and job.unique_key = key and job.state <> 'running'
        and job.unique_scope = 'waiting' and of_kind.unique_scope = 'waiting';

    select job.queue, job.fair_key into v_left_queue, v_left_key
    from fleet.job as job where job.id = v_id and job.state <> 'running' for update;
    update fleet.job as job
    set args = renew_waiting.args,
        fair_key = renew_waiting.fair_key,
        priority = coalesce(renew_waiting.priority, job.priority),
        run_at = least(renew_waiting.run_at, job.enqueued_at + at_most),
        state = case
            when least(renew_waiting.run_at, job.enqueued_at + at_most) > renew_waiting.at then 'scheduled'
            when job.state <> 'scheduled' and job.fair_key is not distinct from renew_waiting.fair_key then job.state
            when renew_waiting.fair_key is not null then 'arriving'
            else 'ready'
        end
    where job.id = v_id and job.state <> 'running'
    returning job.queue into v_queue;
    if v_queue is null then
        return null;
    end if;
    perform fleet.wake(array[v_queue]);
    perform fleet.free_keys(array[v_left_queue], array[v_left_key]) where v_left_key is not null;
    return v_id;
end
$$;
comment on function fleet.renew_waiting(fleet.kind, text, jsonb, integer, timestamptz, interval, timestamptz, text) is
    'Internal: give the job that waits under a unique key new arguments and a new time.';

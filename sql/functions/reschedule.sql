-- reschedule: gives waiting jobs another time to run at.
--
-- Locks the jobs in id order. A time that has passed makes scheduled ones ready, or lets them arrive when they have a fair
-- key; jobs that wait for their key's turn keep waiting for it, unless their time is ahead now. Running, finished and unknown jobs stay as they are. One row for each different id; was and now are
-- states or outcomes.
create or replace function fleet.reschedule(ids bigint[], run_at timestamptz) returns table (id bigint, was text, now text)
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
    v_queues text[];
    v_keyed_queues text[];
    v_keys text[];
begin
    if reschedule.run_at is null then
        raise exception sqlstate 'FL002' using message = 'give a time to run at', hint = 'For example: now() + interval ''1 h''';
    end if;
    perform fleet.check_values(null, reschedule.run_at, null, null);
    select array_agg(locked.id), array_agg(locked.was) into v_ids, v_was from fleet.lock_jobs(reschedule.ids) as locked;

    with changed as (
        update fleet.job as job
        set run_at = reschedule.run_at,
            state = case
                when reschedule.run_at > v_now then 'scheduled'
                when job.state <> 'scheduled' then job.state
                when job.fair_key is not null then 'arriving'
                else 'ready'
            end
        where job.id = any(v_ids) and job.worker is null
        returning job.queue, job.fair_key
    )
    select
        array_agg(changed.queue),
        array_agg(changed.queue) filter (where changed.fair_key is not null),
        array_agg(changed.fair_key) filter (where changed.fair_key is not null)
    into v_queues, v_keyed_queues, v_keys
    from changed;
    perform fleet.wake(v_queues);
    perform fleet.free_keys(v_keyed_queues, v_keys) where v_keys is not null;

    return query
    select given.id, given.was, fleet.state_of(given.id) from unnest(v_ids, v_was) as given (id, was) order by given.id;
end
$$;
comment on function fleet.reschedule(bigint[], timestamptz) is
    'Give waiting jobs another time: select * from fleet.reschedule(array[42], now() + interval ''1 h'').';

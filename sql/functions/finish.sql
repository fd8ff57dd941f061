-- finish: moves jobs that are done into the history; returns the ids it accepted.
--
-- Locks the jobs in the order given, which callers keep ascending, so that no two batches deadlock. An (id, token) that
-- is not the current claim is left out of the answer and changes nothing: that job was lost to another worker. A job that
-- is done before it could be cancelled is done.
-- The planner is kept to the primary key and a hash join, because what it knows of running jobs is from the last analyze:
-- where there were none, it would look through all jobs there are for the one that it expects to run.
create or replace function fleet.finish(ids bigint[], tokens integer[], results text[]) returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_nestloop = off
set enable_mergejoin = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_ids bigint[];
    v_awaited bigint[];
    v_queues text[];
    v_keyed_queues text[];
    v_keys text[];
begin
    with gone as (
        delete from fleet.job as job
        using unnest(finish.ids, finish.tokens, finish.results) as ended (id, token, result)
        where job.id = any(finish.ids) and job.id = ended.id and job.token = ended.token and job.worker is not null
        returning
            job.id, job.kind, job.queue, job.priority, job.args, job.attempt, job.max_attempts, job.unique_key,
            job.fair_key, job.traceparent, job.token, job.worker, job.enqueued_at, job.claimed_at, job.awaited,
            ended.result
    ), kept as (
        insert into fleet.job_history
            (id, kind, queue, outcome, priority, args, attempt, max_attempts, unique_key, fair_key, traceparent, token,
             worker, enqueued_at, claimed_at, finished_at, result)
        select gone.id, gone.kind, gone.queue, 'done', gone.priority, gone.args, gone.attempt, gone.max_attempts,
               gone.unique_key, gone.fair_key, gone.traceparent, gone.token, gone.worker, gone.enqueued_at,
               gone.claimed_at, greatest(v_now, gone.claimed_at), gone.result::jsonb
        from gone
    )
    select
        array_agg(gone.id),
        array_agg(gone.id) filter (where gone.awaited),
        array_agg(gone.queue),
        array_agg(gone.queue) filter (where gone.fair_key is not null),
        array_agg(gone.fair_key) filter (where gone.fair_key is not null)
    into v_ids, v_awaited, v_queues, v_keyed_queues, v_keys
    from gone;

    perform fleet.make_room(v_queues, v_keyed_queues, v_keys, v_awaited)
    where v_keys is not null or v_awaited is not null
        or exists (select from fleet.queue as known where known.name = any(v_queues) and known.max_running is not null);
    return query select unnest(v_ids);
end
$$;
comment on function fleet.finish(bigint[], integer[], text[]) is
    'Move jobs that are done into the history, each with its result; returns the ids that were still claimed with that token.';

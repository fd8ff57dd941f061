-- claim: gives a worker up to so many jobs of each of its queues, in order, and a new token for each.
--
-- Bounded work, whoever calls it: promotes what is due and rescues what was lost first. Shares the worker's row against
-- a rescue that would bury it meanwhile, then locks the jobs in (priority, id) order, skipping rows another claim holds.
-- A queue that is paused gives nothing.
-- The attempt is counted here and not when the job ends: a worker that dies has used one. Only integers and text come
-- back, nothing that a driver could fail to decode after the rows were taken. Raises FL003 when the worker has no lease.
-- Sequential scans are off: a plan that was made while the table was empty would keep one for a burst of jobs.
create or replace function fleet.claim(worker uuid, kinds text[], queues text[], free integer[])
returns table (
    id bigint, token integer, kind text, queue text, args text, attempt integer, max_attempts integer,
    traceparent text, waited_ms bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_queue text;
    v_free integer;
begin
    perform fleet.rescue();
    perform fleet.promote();
    perform from fleet.worker where id = claim.worker and lease_until > v_now for key share;
    if not found then
        raise exception sqlstate 'FL003' using
            message = format('worker %s has no lease', claim.worker),
            hint = 'It lost touch for longer than its lease, or was never registered; register it anew.';
    end if;

    for v_queue, v_free in select * from unnest(claim.queues, claim.free)
    loop
        -- Null where the caller gave fewer numbers than queues; a null limit would be none.
        continue when coalesce(v_free, 0) <= 0 or fleet.is_paused(v_queue);
        return query
        update fleet.job as taken
        set state = 'running',
            attempt = taken.attempt + 1,
            token = taken.token + 1,
            worker = claim.worker,
            claimed_at = v_now
        where taken.id = any(array(
            select head.id from fleet.job as head
            where head.state = 'ready'
                and head.queue = v_queue
                and head.kind = any(claim.kinds)
                and head.attempt < head.max_attempts
            order by head.priority, head.id
            limit v_free
            for update skip locked
        ))
        returning
            taken.id, taken.token, taken.kind, taken.queue, taken.args::text,
            taken.attempt::integer, taken.max_attempts::integer, taken.traceparent,
            (extract(epoch from v_now - greatest(taken.run_at, taken.enqueued_at)) * 1000)::bigint;
    end loop;
end
$$;
comment on function fleet.claim(uuid, text[], text[], integer[]) is
    'Give a worker up to free[i] jobs of queues[i], of the kinds it knows, each with a new token.';

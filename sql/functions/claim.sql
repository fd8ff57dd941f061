-- claim: gives a worker up to so many jobs of each of its queues, in order, and a new token for each.
--
-- Bounded work, whoever calls it: rescues what was lost, promotes what is due and admits what has arrived first. Shares the
-- worker's row against a rescue that would bury it meanwhile, then locks the jobs in (priority, id) order, skipping rows
-- another claim holds. A queue that is paused gives nothing, and one with limits no more than they leave: claims of such a
-- queue wait for each other (fleet.allot), in the order of the queues' names, so that no two deadlock. One look in ten
-- begins with the jobs that have waited too long behind more urgent ones. Jobs under which workers have died are left out,
-- and at most half of the workers take one of them each, alone (fleet.quarantine).
-- The attempt is counted here and not when the job ends: a worker that dies has used one. Only integers and text come
-- back, nothing that a driver could fail to decode after the rows were taken. Raises FL003 when the worker has no lease.
-- A worker that works off a backlog passes over what it has claimed, and where an old snapshot keeps that from being
-- removed it would do so again in each claim, at a cost that grows with the square of the backlog. So it may say where its
-- last claim of a queue got to, in the order of (priority, id): the jobs after that are looked at first, and those before
-- it when there are too few. Each job comes with its priority, null where it was taken out of this order.
-- Its plans, and those of what it calls, are made once by each session. What PostgreSQL expects of a plan for any number of
-- jobs is worse than that of one for this number, so it would make two of them anew in each claim, at half of the claim's cost.
-- Sequential scans and sorts are off, so that a plan for any number is the right one for every number, and one that was made
-- while the table was empty is right for a burst of jobs.
drop function if exists fleet.claim(uuid, text[], text[], integer[]);
create or replace function fleet.claim(
    worker uuid, kinds text[], queues text[], free integer[],
    after_priorities smallint[] default '{}', after_ids bigint[] default '{}'
)
returns table (
    id bigint, token integer, kind text, queue text, args text, attempt integer, max_attempts integer,
    traceparent text, waited_ms bigint, priority smallint
)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_queue text;
    v_free integer;
    v_taken integer;
    -- Below every job, and so where a look from the start begins.
    c_start_priority constant smallint := -32768;
    c_start_id constant bigint := -9223372036854775808;
    v_priority smallint;
    v_id bigint;
    v_aged smallint;
    v_known fleet.queue;
    v_limited boolean;
    v_alone bigint;
    v_lost boolean;
    v_due boolean;
    v_arrived boolean;
    v_swept_long_ago boolean;
    v_crashed boolean;
begin
    -- One look for whatever there may be to do first: each of these calls costs a claim that has nothing for it a tenth.
    select
        exists (select from fleet.worker where lease_until <= v_now),
        exists (select from fleet.job where state = 'scheduled' and run_at <= v_now),
        exists (select from fleet.job where state = 'arriving') or exists (select from fleet.freed_key),
        exists (select from fleet.sweep where swept_at not between v_now - interval '10 s' and v_now + interval '10 s'),
        exists (select from fleet.job where crashes >= 2 and state in ('ready', 'running'))
    into v_lost, v_due, v_arrived, v_swept_long_ago, v_crashed;
    if v_lost then
        perform fleet.rescue();
    end if;
    if v_due then
        perform fleet.promote();
    end if;
    -- What was put back or promoted may be arriving by now.
    if v_arrived or v_lost or v_due then
        perform fleet.admit();
    end if;
    if v_swept_long_ago then
        perform fleet.sweep_workers();
        perform fleet.sweep_keys();
    end if;
    perform from fleet.worker where id = claim.worker and lease_until > v_now for key share;
    if not found then
        raise exception sqlstate 'FL003' using
            message = format('worker %s has no lease', claim.worker),
            hint = 'It lost touch for longer than its lease, or was never registered; register it anew.';
    end if;

    if not v_crashed and (v_lost or v_due or v_arrived) then
        v_crashed := exists (select from fleet.job where crashes >= 2 and state in ('ready', 'running'));
    end if;
    if v_crashed then
        v_alone := fleet.quarantine(
            claim.worker, claim.kinds,
            array(select wanted.queue from unnest(claim.queues, claim.free) as wanted (queue, free) where wanted.free > 0),
            v_now
        );
        if v_alone is not null then
            return query
            select alone.id, alone.token, alone.kind, alone.queue, alone.args, alone.attempt, alone.max_attempts,
                   alone.traceparent, alone.waited_ms, null::smallint
            from fleet.claim_alone(claim.worker, v_alone, v_now) as alone;
            return;
        end if;
    end if;

    for v_queue, v_free, v_priority, v_id in
        select wanted.queue, wanted.free, coalesce(wanted.priority, c_start_priority), coalesce(wanted.id, c_start_id)
        from unnest(claim.queues, claim.free, claim.after_priorities, claim.after_ids) as wanted (queue, free, priority, id)
        -- Null where the caller gave fewer numbers than queues; a null limit would be none.
        where wanted.free > 0
        order by wanted.queue
    loop
        select known.* into v_known from fleet.queue as known where known.name = v_queue;
        continue when v_known.paused_at is not null and (v_known.resume_at is null or v_known.resume_at > v_now);
        v_limited := v_known.max_running is not null or v_known.rate_jobs is not null;
        if v_limited then
            v_free := fleet.allot(v_known, v_free);
            continue when v_free <= 0;
        end if;
        v_aged := case when random() < 0.1 then fleet.longest_waiting(v_queue, claim.kinds, v_now, v_priority, v_id) end;
        loop
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
                    and (head.priority, head.id)
                        > (coalesce(v_aged, v_priority), case when v_aged is null then v_id else c_start_id end)
                    and head.kind = any(claim.kinds)
                    -- Typed by hand, a token may stand at its bound; to raise it would fail every claim of the queue.
                    and head.token < 1000000000
                    and head.crashes < 2
                order by head.priority, head.id
                limit v_free
                for update skip locked
            ))
            returning
                taken.id, taken.token, taken.kind, taken.queue, taken.args::text,
                taken.attempt::integer, taken.max_attempts::integer, taken.traceparent,
                (extract(epoch from v_now - greatest(taken.run_at, taken.enqueued_at)) * 1000)::bigint,
                case when v_aged is null then taken.priority end;
            get diagnostics v_taken = row_count;
            if v_limited and v_taken > 0 then
                perform fleet.spend(v_known, v_taken);
            end if;
            v_free := v_free - v_taken;
            exit when v_free <= 0 or (v_aged is null and v_id = c_start_id);
            if v_aged is null then
                v_priority := c_start_priority;
                v_id := c_start_id;
            end if;
            v_aged := null;
        end loop;
    end loop;
end
$$;
comment on function fleet.claim(uuid, text[], text[], integer[], smallint[], bigint[]) is
    'Give a worker up to free[i] jobs of queues[i], of the kinds it knows, each with a new token.';

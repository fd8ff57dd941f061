-- enqueue: adds a job in the caller's transaction, unless its unique key is taken by one within the key's scope.
--
-- Returns the id of the new job, or of the one that has its key with inserted = false. What becomes of the latter, while
-- it waits, is on_conflict's to say: skip leaves it as it is, and takes no lock beyond the new row; replace gives it the
-- new arguments, priority and time; debounce gives it the new arguments and puts it off, at most so long after it was
-- first enqueued as debounce_at_most says. A running one is never touched. A job with a fair key arrives, without any look at
-- the key's limit, so that a slow transaction holds up nobody; a claim gives it its turn. Raises FL001 for an unknown kind, FL002 for
-- a request that makes no sense and FL005 for a full queue; nothing is changed then.
drop function if exists fleet.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, text);
drop function if exists fleet.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, text, text, interval);
create or replace function fleet.enqueue(
    kind text,
    args jsonb default '{}',
    queue text default null,
    delay interval default null,
    run_at timestamptz default null,
    priority integer default 0,
    max_attempts integer default null,
    unique_key text default null,
    traceparent text default null,
    on_conflict text default 'skip',
    debounce_at_most interval default null,
    fair_key text default null
) returns table (id bigint, inserted boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_kind fleet.kind;
    v_key text;
    v_fair_key text;
    v_now timestamptz := case
        when coalesce(current_setting('fleet.now', true), '') = '' then clock_timestamp() else fleet.now()
    end;
    v_run_at timestamptz;
    v_id bigint;
begin
    -- Each function is asked only where it has something to say: a call costs a plain job up to a tenth of its enqueue.
    select known.* into v_kind from fleet.kind as known where known.kind = enqueue.kind;
    if (v_kind.kind is not null and jsonb_typeof(enqueue.args) = 'object' and octet_length(enqueue.args::text) <= 130)
        is not true then
        v_kind := fleet.require_kind(enqueue.kind, enqueue.args);
    end if;
    v_key := case
        when enqueue.unique_key is not null then enqueue.unique_key
        when v_kind.unique_by <> '{}' then fleet.unique_key_of(v_kind, enqueue.args)
    end;
    v_fair_key := case
        when enqueue.fair_key is not null or v_kind.fair_by is not null
            then fleet.fair_key_of(v_kind, enqueue.args, enqueue.fair_key)
    end;
    if enqueue.on_conflict is distinct from 'skip' or v_key is not null or enqueue.priority <> 0
        or num_nonnulls(enqueue.delay, enqueue.run_at, enqueue.debounce_at_most, enqueue.queue, enqueue.max_attempts) > 0 then
        perform fleet.check_request(enqueue.delay, enqueue.run_at, v_key, enqueue.on_conflict, enqueue.debounce_at_most);
        v_run_at := coalesce(enqueue.run_at, v_now + enqueue.delay);
        perform fleet.check_values(enqueue.queue, v_run_at, enqueue.priority, enqueue.max_attempts);
    end if;
    v_run_at := coalesce(v_run_at, v_now);
    -- There is nothing to meet, and room for an insertion that may be taken back would be a tenth of what is written.
    if v_key is null then
        insert into fleet.job
            (kind, queue, state, priority, args, max_attempts, unique_key, unique_scope, fair_key, traceparent, enqueued_at,
             run_at)
        values (
            v_kind.kind,
            coalesce(enqueue.queue, v_kind.queue),
            case
                when v_run_at > v_now then 'scheduled'
                when v_fair_key is not null then 'arriving'
                else 'ready'
            end::fleet.job_state,
            coalesce(enqueue.priority, 0),
            enqueue.args,
            coalesce(enqueue.max_attempts, v_kind.max_attempts),
            v_key,
            v_kind.unique_scope,
            v_fair_key,
            coalesce(enqueue.traceparent, fleet.new_traceparent()),
            v_now,
            v_run_at
        )
        returning fleet.job.id into enqueue.id;
        enqueue.inserted := true;
        return next;
        return;
    end if;
    loop
        insert into fleet.job
            (kind, queue, state, priority, args, max_attempts, unique_key, unique_scope, fair_key, traceparent, enqueued_at,
             run_at)
        values (
            v_kind.kind,
            coalesce(enqueue.queue, v_kind.queue),
            case
                when v_run_at > v_now then 'scheduled'
                when v_fair_key is not null then 'arriving'
                else 'ready'
            end::fleet.job_state,
            coalesce(enqueue.priority, 0),
            enqueue.args,
            coalesce(enqueue.max_attempts, v_kind.max_attempts),
            v_key,
            v_kind.unique_scope,
            v_fair_key,
            coalesce(enqueue.traceparent, fleet.new_traceparent()),
            v_now,
            v_run_at
        )
        -- No index is named, because which one it is depends on the scope.
        on conflict do nothing
        returning fleet.job.id into v_id;
        if v_id is not null then
            enqueue.id := v_id;
            enqueue.inserted := true;
            return next;
            return;
        end if;
        if enqueue.on_conflict <> 'skip' then
            v_id := fleet.renew_waiting(
                v_kind, v_key, enqueue.args, case when enqueue.on_conflict = 'replace' then enqueue.priority end,
                v_run_at, enqueue.debounce_at_most, v_now, v_fair_key
            );
        end if;
        -- A scope each, so that each finds its index under a generic plan too. What waits by now has not been renewed.
        if v_id is null and v_kind.unique_scope = 'active' then
            select live.id into v_id from fleet.job as live
            where live.kind = v_kind.kind and live.unique_key = v_key and live.unique_scope = 'active'
                and (enqueue.on_conflict = 'skip' or live.state = 'running');
        elsif enqueue.on_conflict = 'skip' then
            select live.id into v_id from fleet.job as live
            where live.kind = v_kind.kind and live.unique_key = v_key
                and live.unique_scope = 'waiting' and live.state <> 'running';
        end if;
        if v_id is not null then
            return query select v_id, false;
            return;
        end if;
        -- The one that had the key ended, or began to run, between the statements: the key is free again.
    end loop;
end
$$;
comment on function fleet.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, text, text, interval, text) is
    'Enqueue a job: select * from fleet.enqueue(''analyze'', ''{"owner":"psf","repo":"requests"}''). Returns (id, inserted).';

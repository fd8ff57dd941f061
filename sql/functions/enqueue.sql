-- enqueue: adds a job in the caller's transaction, unless its unique key is taken by one within the key's scope.
--
-- Takes no lock beyond the new row. Returns the id of the new job, or of the one that has its key with inserted =
-- false. Raises FL001 for an unknown kind and FL002 for a request that makes no sense; nothing is changed then.
create or replace function fleet.enqueue(
    kind text,
    args jsonb default '{}',
    queue text default null,
    delay interval default null,
    run_at timestamptz default null,
    priority integer default 0,
    max_attempts integer default null,
    unique_key text default null,
    traceparent text default null
) returns table (id bigint, inserted boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_kind fleet.kind;
    v_key text;
    v_now timestamptz := fleet.now();
    v_run_at timestamptz := coalesce(enqueue.run_at, v_now + enqueue.delay, v_now);
    v_id bigint;
begin
    select known.* into v_kind from fleet.kind as known where known.kind = enqueue.kind;
    if v_kind.kind is null then
        raise exception sqlstate 'FL001' using
            message = format('unknown kind %s', quote_nullable(left(enqueue.kind, 64))),
            hint = coalesce(
                (select 'Known kinds: ' || string_agg(known.kind, ', ' order by known.kind) from fleet.kind as known),
                'No kind is declared yet; run the migration of this release.'
            );
    end if;
    if enqueue.args is null or jsonb_typeof(enqueue.args) <> 'object' then
        raise exception sqlstate 'FL002' using
            message = format('args must be a JSON object, not %s', coalesce(jsonb_typeof(enqueue.args), 'null')),
            hint = 'For example: select * from fleet.enqueue(''analyze'', ''{"owner":"psf","repo":"requests"}'')';
    end if;
    if enqueue.delay is not null and enqueue.run_at is not null then
        raise exception sqlstate 'FL002' using message = 'give either delay or run_at, not both';
    end if;
    if octet_length(enqueue.args::text) > 262144 then
        raise exception sqlstate 'FL002' using message = 'args must fit in 256 KiB';
    end if;

    v_key := coalesce(enqueue.unique_key, fleet.unique_key_of(v_kind, enqueue.args));
    loop
        insert into fleet.job
            (kind, queue, state, priority, args, max_attempts, unique_key, unique_scope, traceparent, enqueued_at, run_at)
        values (
            v_kind.kind,
            coalesce(enqueue.queue, v_kind.queue),
            case when v_run_at > v_now then 'scheduled' else 'ready' end::fleet.job_state,
            enqueue.priority,
            enqueue.args,
            coalesce(enqueue.max_attempts, v_kind.max_attempts),
            v_key,
            v_kind.unique_scope,
            coalesce(
                enqueue.traceparent,
                format('00-%s-%s-01', replace(gen_random_uuid()::text, '-', ''), left(replace(gen_random_uuid()::text, '-', ''), 16))
            ),
            v_now,
            v_run_at
        )
        -- No index is named, because which one it is depends on the scope.
        on conflict do nothing
        returning fleet.job.id into v_id;
        if v_id is not null then
            return query select v_id, true;
            return;
        end if;
        -- A scope each, so that each finds its index under a generic plan too.
        if v_kind.unique_scope = 'active' then
            select live.id into v_id from fleet.job as live
            where live.kind = v_kind.kind and live.unique_key = v_key and live.unique_scope = 'active';
        else
            select live.id into v_id from fleet.job as live
            where live.kind = v_kind.kind and live.unique_key = v_key
                and live.unique_scope = 'waiting' and live.state <> 'running';
        end if;
        if v_id is not null then
            return query select v_id, false;
            return;
        end if;
        -- The one that had the key ended, or began to run, between the two statements: the key is free again.
    end loop;
end
$$;
comment on function fleet.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, text) is
    'Enqueue a job: select * from fleet.enqueue(''analyze'', ''{"owner":"psf","repo":"requests"}''). Returns (id, inserted).';

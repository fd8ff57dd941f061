-- check_batch: refuses a batch of jobs of which one makes no sense, naming the first one that does not.
--
-- For fleet.enqueue_many. Takes no lock. Raises FL001 and FL002 as fleet.enqueue does for a single job.
create or replace function fleet.check_batch(jobs jsonb, on_conflict text, debounce_at_most interval) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job jsonb;
    v_place bigint;
    v_unknown text;
    v_kind fleet.kind;
    v_args jsonb;
    v_hint text;
begin
    if jobs is null or jsonb_typeof(jobs) <> 'array' then
        raise exception sqlstate 'FL002' using
            message = format('jobs must be a JSON array of objects, not %s', coalesce(jsonb_typeof(jobs), 'null'));
    end if;
    for v_job, v_place in
        select one.job, one.place from jsonb_array_elements(jobs) with ordinality as one (job, place)
    loop
        if jsonb_typeof(v_job) <> 'object' then
            raise exception sqlstate 'FL002' using message = format('it must be a JSON object, not %s', jsonb_typeof(v_job));
        end if;
        select max(name) into v_unknown from jsonb_object_keys(v_job) as name
        where name <> all('{kind,args,queue,delay,run_at,priority,max_attempts,unique_key,fair_key,traceparent}');
        if v_unknown is not null then
            raise exception sqlstate 'FL002' using message = format('no job has a field %s', quote_literal(left(v_unknown, 64)));
        end if;
        v_args := coalesce(v_job -> 'args', '{}');
        v_kind := fleet.require_kind(v_job ->> 'kind', v_args);
        perform fleet.check_request(
            (v_job ->> 'delay')::interval,
            (v_job ->> 'run_at')::timestamptz,
            coalesce(v_job ->> 'unique_key', fleet.unique_key_of(v_kind, v_args)),
            on_conflict,
            debounce_at_most
        );
        perform fleet.fair_key_of(v_kind, v_args, v_job ->> 'fair_key');
        perform fleet.check_values(
            v_job ->> 'queue',
            coalesce((v_job ->> 'run_at')::timestamptz, fleet.now() + (v_job ->> 'delay')::interval),
            (v_job ->> 'priority')::integer,
            (v_job ->> 'max_attempts')::integer
        );
    end loop;
-- Data exceptions are values of another type, such as a delay of "soon".
exception when sqlstate 'FL001' or sqlstate 'FL002' or data_exception then
    get stacked diagnostics v_hint = pg_exception_hint;
    if coalesce(v_hint, '') = '' then
        raise exception using errcode = sqlstate, message = concat('job ' || v_place || ': ', sqlerrm);
    end if;
    raise exception using errcode = sqlstate, message = concat('job ' || v_place || ': ', sqlerrm), hint = v_hint;
end
$$;
comment on function fleet.check_batch(jsonb, text, interval) is 'Internal: refuse a batch of jobs of which one makes no sense.';

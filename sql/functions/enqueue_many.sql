-- enqueue_many: adds many jobs in one statement, unique among themselves too; answers in the order they were given.
--
-- Each is an object of kind, args, queue, delay or run_at, priority, max_attempts, unique_key, fair_key and traceparent, of
-- which only kind is needed; on_conflict and debounce_at_most are those of fleet.enqueue, for all of them. New keys are taken
-- in their order, so that no two batches deadlock; what a key keeps from being inserted goes through fleet.enqueue one by
-- one, in the same order. Ids grow in the order given, and one notification is sent for each queue. Raises what
-- fleet.enqueue does, naming the first job at fault; nothing is changed then.
create or replace function fleet.enqueue_many(
    jobs jsonb, on_conflict text default 'skip', debounce_at_most interval default null
) returns table (ordinality bigint, id bigint, inserted boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_taken bigint[];
    v_ids bigint[];
    v_job record;
begin
    perform fleet.check_batch(enqueue_many.jobs, enqueue_many.on_conflict, enqueue_many.debounce_at_most);

    with wanted as materialized (
        select given.ordinality, nextval('fleet.job_id_seq') as id, given.job, known as of_kind,
               coalesce(given.job -> 'args', '{}') as args,
               coalesce(given.job ->> 'unique_key', fleet.unique_key_of(known, given.job -> 'args')) as key,
               coalesce((given.job ->> 'run_at')::timestamptz, v_now + (given.job ->> 'delay')::interval, v_now) as run_at,
               fleet.fair_key_of(known, given.job -> 'args', given.job ->> 'fair_key') as fair_key
        from jsonb_array_elements(enqueue_many.jobs) with ordinality as given (job, ordinality)
        join fleet.kind as known on known.kind = given.job ->> 'kind'
        order by given.ordinality
    ), added as (
        insert into fleet.job
            (id, kind, queue, state, priority, args, max_attempts, unique_key, unique_scope, fair_key, traceparent,
             enqueued_at, run_at)
        overriding system value
        select
            wanted.id,
            (wanted.of_kind).kind,
            coalesce(wanted.job ->> 'queue', (wanted.of_kind).queue),
            case
                when wanted.run_at > v_now then 'scheduled'
                when wanted.fair_key is not null then 'arriving'
                else 'ready'
            end::fleet.job_state,
            coalesce((wanted.job ->> 'priority')::integer, 0),
            wanted.args,
            coalesce((wanted.job ->> 'max_attempts')::integer, (wanted.of_kind).max_attempts),
            wanted.key,
            (wanted.of_kind).unique_scope,
            wanted.fair_key,
            coalesce(wanted.job ->> 'traceparent', fleet.new_traceparent()),
            v_now,
            wanted.run_at
        from wanted
        order by (wanted.of_kind).kind, wanted.key, wanted.ordinality
        on conflict do nothing
        returning fleet.job.id
    )
    select
        array_agg(wanted.id order by wanted.ordinality),
        array_agg(wanted.ordinality order by (wanted.of_kind).kind, wanted.key, wanted.ordinality)
            filter (where added.id is null)
    into v_ids, v_taken
    from wanted
    left join added on added.id = wanted.id;

    for v_job in
        select turn.ordinality, enqueue_many.jobs -> (turn.ordinality - 1)::integer as given
        from unnest(v_taken) with ordinality as turn (ordinality, place)
        order by turn.place
    loop
        return query
        select v_job.ordinality, one.id, one.inserted
        from fleet.enqueue(
            v_job.given ->> 'kind',
            coalesce(v_job.given -> 'args', '{}'),
            queue => v_job.given ->> 'queue',
            delay => (v_job.given ->> 'delay')::interval,
            run_at => (v_job.given ->> 'run_at')::timestamptz,
            priority => coalesce((v_job.given ->> 'priority')::integer, 0),
            max_attempts => (v_job.given ->> 'max_attempts')::integer,
            unique_key => v_job.given ->> 'unique_key',
            fair_key => v_job.given ->> 'fair_key',
            traceparent => v_job.given ->> 'traceparent',
            on_conflict => enqueue_many.on_conflict,
            debounce_at_most => enqueue_many.debounce_at_most
        ) as one;
    end loop;
    return query
    select one.ordinality, one.id, true
    from unnest(v_ids) with ordinality as one (id, ordinality)
    where one.ordinality <> all(coalesce(v_taken, '{}'));
end
$$;
comment on function fleet.enqueue_many(jsonb, text, interval) is
    'Enqueue many jobs: select * from fleet.enqueue_many(''[{"kind":"analyze","args":{"owner":"psf","repo":"requests"}}]''). Returns (ordinality, id, inserted).';

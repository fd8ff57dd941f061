-- count_ended: adds what ended in a span of time to the rollups, if it was written by certain transactions.
--
-- For fleet.roll_up and make_partitions, which hold the lock of the rollups. part: only what lies in this partition.
-- A row shows the last 32 bits of the transaction that wrote it; which one that was is told by its distance from to_xid. One
-- from before such numbers were kept (1, 2) counts when everything does, from 0.
create or replace function fleet.count_ended(
    part regclass, from_xid xid8, to_xid xid8, from_at timestamptz, to_at timestamptz, moved xid8[]
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set enable_seqscan = off
as $$
declare
    v_to constant bigint := to_xid::text::bigint;
    -- Nothing but what is to be left out is this close.
    v_reach constant bigint := greatest(from_xid::text::bigint - v_to, -2147483648);
    v_moved constant bigint[] := array(select away.xid::text::bigint - v_to from unnest(moved) as away (xid));
    v_limits constant double precision[] := array(select 0.001 * 2 ^ power from generate_series(1, 23) as power);
    v_buckets constant integer[] := array(select bucket % 24 from generate_series(0, 47) as bucket);
begin
    with ended as (
        select
            history.queue, history.kind, history.outcome, history.finished_at,
            extract(epoch from history.claimed_at - history.enqueued_at)::double precision as waited,
            extract(epoch from history.finished_at - history.claimed_at)::double precision as ran,
            ((history.xmin::text::bigint - v_to + 2147483648) & 4294967295) - 2147483648 as distance
        from fleet.job_history as history
        where history.finished_at >= count_ended.from_at and history.finished_at < count_ended.to_at
            and (part is null or history.tableoid = part)
    ), counted as (
        select
            date_trunc('minute', ended.finished_at) as at, ended.queue, ended.kind, ended.outcome,
            width_bucket(ended.waited, v_limits) as wait, width_bucket(ended.ran, v_limits) as run,
            count(*) as jobs, count(ended.waited) as claimed,
            coalesce(sum(ended.waited), 0) as waited, coalesce(sum(ended.ran), 0) as ran
        from ended
        where ended.distance < 0 and ended.distance >= v_reach and ended.distance <> all(v_moved)
        group by 1, 2, 3, 4, 5, 6
    ), minute as (
        insert into fleet.job_minute as known (at, queue, kind, outcome, jobs, waited, ran, waits, runs)
        select
            counted.at, counted.queue, counted.kind, counted.outcome, sum(counted.jobs), sum(counted.waited),
            sum(counted.ran), fleet.spread(array_agg(counted.wait), array_agg(counted.claimed)),
            fleet.spread(array_agg(counted.run), array_agg(counted.claimed))
        from counted
        group by 1, 2, 3, 4
        on conflict (at, queue, kind, outcome) do update
        set jobs = known.jobs + excluded.jobs, waited = known.waited + excluded.waited, ran = known.ran + excluded.ran,
            waits = fleet.spread(v_buckets, known.waits || excluded.waits),
            runs = fleet.spread(v_buckets, known.runs || excluded.runs)
    )
    insert into fleet.job_hour as known (at, queue, kind, outcome, jobs, waited, ran, waits, runs)
    select
        date_trunc('hour', counted.at), counted.queue, counted.kind, counted.outcome, sum(counted.jobs),
        sum(counted.waited), sum(counted.ran), fleet.spread(array_agg(counted.wait), array_agg(counted.claimed)),
        fleet.spread(array_agg(counted.run), array_agg(counted.claimed))
    from counted
    group by 1, 2, 3, 4
    on conflict (at, queue, kind, outcome) do update
    set jobs = known.jobs + excluded.jobs, waited = known.waited + excluded.waited, ran = known.ran + excluded.ran,
        waits = fleet.spread(v_buckets, known.waits || excluded.waits),
        runs = fleet.spread(v_buckets, known.runs || excluded.runs);

    with failed as (
        select
            history.id, history.kind, history.finished_at, history.error_class,
            fleet.sentence_of(history.error_message) as sentence,
            ((history.xmin::text::bigint - v_to + 2147483648) & 4294967295) - 2147483648 as distance
        from fleet.job_history as history
        where history.outcome in ('failed', 'lost')
            and history.finished_at >= count_ended.from_at and history.finished_at < count_ended.to_at
            and (part is null or history.tableoid = part)
    ), counted as (
        select
            date_trunc('hour', failed.finished_at) as at, failed.kind, failed.error_class, failed.sentence, count(*) as jobs,
            min(failed.finished_at) as first_at, max(failed.finished_at) as last_at,
            (array_agg(failed.id order by failed.finished_at desc, failed.id desc))[1] as sample_id
        from failed
        where failed.distance < 0 and failed.distance >= v_reach and failed.distance <> all(v_moved)
        group by 1, 2, 3, 4
    ), placed as (
        select
            counted.at, counted.kind, counted.jobs, counted.first_at, counted.last_at, counted.sample_id,
            counted.error_class, counted.sentence,
            -- Messages of strangers' errors may all differ, whatever is left out of them.
            row_number() over (partition by counted.at, counted.kind order by counted.jobs desc) + others.groups <= 300
            or exists (
                select from fleet.failure_hour as same
                where same.kind = counted.kind and same.error_class = counted.error_class
                    and same.sentence = counted.sentence and same.at = counted.at
            ) as fits
        from counted
        cross join lateral (
            select count(*) as groups from fleet.failure_hour as other where other.at = counted.at and other.kind = counted.kind
        ) as others
    )
    insert into fleet.failure_hour as known (at, kind, error_class, sentence, jobs, first_at, last_at, sample_id)
    select
        placed.at, placed.kind, case when placed.fits then placed.error_class else '' end,
        case when placed.fits then placed.sentence else 'errors beyond the first 300 of this hour' end,
        sum(placed.jobs), min(placed.first_at), max(placed.last_at),
        (array_agg(placed.sample_id order by placed.last_at desc))[1]
    from placed
    group by 1, 2, 3, 4
    on conflict (kind, error_class, sentence, at) do update
    set jobs = known.jobs + excluded.jobs, first_at = least(known.first_at, excluded.first_at),
        last_at = greatest(known.last_at, excluded.last_at),
        sample_id = case when excluded.last_at >= known.last_at then excluded.sample_id else known.sample_id end;
end
$$;
comment on function fleet.count_ended(regclass, xid8, xid8, timestamptz, timestamptz, xid8[]) is
    'Internal: add what ended in a span of time to the rollups.';

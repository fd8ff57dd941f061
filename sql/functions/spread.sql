-- spread: adds up counts by the number of their bucket: 24 of them, the first one's number is 0.
--
-- For fleet.count_ended. Takes no lock.
create or replace function fleet.spread(buckets integer[], counts bigint[]) returns bigint[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(coalesce(given.counted, 0) order by bucket.number)
    from generate_series(0, 23) as bucket (number)
    left join (
        select one.bucket, sum(one.counted)::bigint as counted
        from unnest($1, $2) as one (bucket, counted)
        group by one.bucket
    ) as given on given.bucket = bucket.number
$$;
comment on function fleet.spread(integer[], bigint[]) is 'Internal: add up counts by the number of their bucket.';

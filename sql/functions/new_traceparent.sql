-- new_traceparent: the beginning of a trace, for a job whose enqueuer has none.
--
-- Takes no lock. The second part is made of the first, because a new one costs a fifth of an enqueue where the random bytes
-- are read from a device; it only has to be another one in each trace.
create or replace function fleet.new_traceparent() returns text
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    select concat('00-', replace(trace.id, '-', ''), '-', left(md5(trace.id), 16), '-01')
    from (select gen_random_uuid()::text as id offset 0) as trace
$$;
comment on function fleet.new_traceparent() is 'The beginning of a trace, in the form that the W3C gives it.';

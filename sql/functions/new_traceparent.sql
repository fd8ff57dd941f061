-- new_traceparent: the beginning of a trace, for a job whose enqueuer has none.
--
-- Takes no lock.
create or replace function fleet.new_traceparent() returns text
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    select format(
        '00-%s-%s-01', replace(gen_random_uuid()::text, '-', ''), left(replace(gen_random_uuid()::text, '-', ''), 16)
    )
$$;
comment on function fleet.new_traceparent() is 'The beginning of a trace, in the form that the W3C gives it.';

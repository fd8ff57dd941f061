-- new_traceparent: the beginning of a trace, for a job whose enqueuer has none.
--
-- Takes no lock. Of PostgreSQL's own random numbers, because bytes for secrets are read from a device in each call, and the
-- second part is made of the first: it only has to be another one in each trace.
create or replace function fleet.new_traceparent() returns text
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
    select concat('00-', trace.id, '-', left(trace.id, 16), '-01')
    from (select md5(concat(random(), ' ', random())) as id offset 0) as trace
$$;
comment on function fleet.new_traceparent() is 'The beginning of a trace, in the form that the W3C gives it.';

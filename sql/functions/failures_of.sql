-- failures_of: the ids of a kind's failed and lost jobs, the latest first; those with one error only, when it is given.
--
-- Takes no lock. error is the beginning of what fleet.failures shows.
create or replace function fleet.failures_of(kind text, error text default null) returns table (id bigint)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select history.id
    from fleet.job_history as history
    where history.outcome in ('failed', 'lost')
        and history.kind = $1
        and ($2 is null or starts_with(concat_ws(': ', history.error_class, history.error_message), $2))
    order by history.finished_at desc, history.id desc
$$;
comment on function fleet.failures_of(text, text) is
    'The ids of a kind''s failed and lost jobs: select * from fleet.retry(array(select id from fleet.failures_of(''analyze'', ''Timeout''))).';

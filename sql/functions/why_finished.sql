-- why_finished: what became of a job that has ended.
--
-- Takes no lock. For fleet.why.
create or replace function fleet.why_finished(id bigint) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select unnest(array_remove(array[
        format('it is finished: %s at %s', ended.outcome, date_trunc('second', ended.finished_at))
            || coalesce(', because of ' || nullif(concat_ws(': ', ended.error_class, ended.error_message), ''), ''),
        case when ended.outcome in ('failed', 'lost') and ended.attempt >= ended.max_attempts
            then format('its attempts are used up: %s of %s', ended.attempt, ended.max_attempts) end,
        case when ended.outcome <> 'done'
            then format('select * from fleet.retry(array[%s]) brings it back', ended.id) end
    ], null))
    from fleet.job_history as ended
    where ended.id = $1
$$;
comment on function fleet.why_finished(bigint) is 'Internal: what became of a job that has ended.';

-- check_request: refuses a combination of options that makes no sense, in a sentence.
--
-- For fleet.enqueue. Takes no lock. Raises FL002.
create or replace function fleet.check_request(
    delay interval, run_at timestamptz, key text, on_conflict text, debounce_at_most interval
) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if delay is not null and run_at is not null then
        raise exception sqlstate 'FL002' using message = 'give either delay or run_at, not both';
    end if;
    if on_conflict is null or on_conflict not in ('skip', 'replace', 'debounce') then
        raise exception sqlstate 'FL002' using
            message = format('on_conflict must be skip, replace or debounce, not %s', quote_nullable(left(on_conflict, 64)));
    end if;
    if on_conflict <> 'skip' and key is null then
        raise exception sqlstate 'FL002' using message = format('%s needs a unique key to meet another job by', on_conflict);
    end if;
    if on_conflict = 'debounce' and delay is null and run_at is null then
        raise exception sqlstate 'FL002' using message = 'debounce needs a delay to put the job off by';
    end if;
    if debounce_at_most is not null and (on_conflict <> 'debounce' or debounce_at_most <= interval '0') then
        raise exception sqlstate 'FL002' using message = 'debounce_at_most bounds a debounce, by more than nothing';
    end if;
end
$$;
comment on function fleet.check_request(interval, timestamptz, text, text, interval) is
    'Internal: refuse a combination of options that makes no sense.';

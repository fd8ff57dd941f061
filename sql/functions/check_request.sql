-- check_request: refuses a combination of options that makes no sense, in a sentence.
--
-- For fleet.enqueue. Takes no lock. Raises FL002.
create or replace function fleet.check_request(
    delay interval, run_at timestamptz, key text, on_conflict text, debounce_at_most interval
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if delay is not null and run_at is not null then
        raise exception sqlstate 'FL002' using
            message = 'give either delay or run_at, not both', hint = 'delay counts from now; run_at is a moment.';
    end if;
    if octet_length(key) not between 1 and 1024 then
        raise exception sqlstate 'FL002' using
            message = format('a unique key must be 1 to 1024 bytes long, not %s', octet_length(key)),
            hint = 'For a longer one, give a hash of it.';
    end if;
    if delay not between interval '-200 years' and interval '200 years' then
        raise exception sqlstate 'FL002' using message = 'delay must lie within 200 years';
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
    if debounce_at_most is not null and on_conflict <> 'debounce' then
        raise exception sqlstate 'FL002' using
            message = format('debounce_at_most is for on_conflict debounce, not %s', on_conflict);
    end if;
    if debounce_at_most <= interval '0' or debounce_at_most > interval '200 years' then
        raise exception sqlstate 'FL002' using
            message = format('debounce_at_most must be more than nothing and within 200 years, not %s', debounce_at_most);
    end if;
end
$$;
comment on function fleet.check_request(interval, timestamptz, text, text, interval) is
    'Internal: refuse a combination of options that makes no sense.';

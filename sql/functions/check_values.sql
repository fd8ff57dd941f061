-- check_values: refuses a value that no job could have, in a sentence that does not repeat the job.
--
-- For what enqueues jobs and what changes those that wait; null is what is left alone. Takes no lock. Raises FL002. The checks of the
-- table say the same to whoever writes to it by hand, with the whole row.
create or replace function fleet.check_values(queue text, run_at timestamptz, priority integer, max_attempts integer)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if queue is not null and (octet_length(queue) > 63 or queue !~ '^[a-z][a-z0-9_]*$') then
        raise exception sqlstate 'FL002' using
            message = format('queue must be a plain word of at most 63 letters, not %s', quote_literal(left(queue, 64))),
            hint = 'Small letters, digits and _, a letter first: analysis_default.';
    end if;
    if run_at not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then
        raise exception sqlstate 'FL002' using
            message = format('run_at must lie between the years 2000 and 2200, unlike %s', run_at);
    end if;
    if priority not between -32768 and 32767 then
        raise exception sqlstate 'FL002' using
            message = format('priority must lie between -32768 and 32767, unlike %s', priority),
            hint = 'The lowest number runs first.';
    end if;
    if max_attempts not between 1 and 1000 then
        raise exception sqlstate 'FL002' using
            message = format('max_attempts must lie between 1 and 1000, unlike %s', max_attempts);
    end if;
end
$$;
comment on function fleet.check_values(text, timestamptz, integer, integer) is
    'Internal: refuse a value that no job could have.';

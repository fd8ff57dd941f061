-- limit_depth: bounds how many jobs may wait in a queue; null takes the bound away.
--
-- Locks the row of the queue's limit. Jobs that wait already stay, and those that run go back whatever the limit is.
create or replace function fleet.limit_depth(queue text, max_waiting integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if limit_depth.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue to limit';
    end if;
    perform fleet.check_values(limit_depth.queue, null, null, null);
    if limit_depth.max_waiting < 0 then
        raise exception sqlstate 'FL002' using
            message = format('max_waiting must not be negative, as %s is', limit_depth.max_waiting),
            hint = 'Null takes the limit away.';
    end if;
    if limit_depth.max_waiting is null then
        delete from fleet.queue_depth_limit as bound where bound.queue = limit_depth.queue;
    else
        insert into fleet.queue_depth_limit (queue, max_waiting) values (limit_depth.queue, limit_depth.max_waiting)
        on conflict (queue) do update set max_waiting = excluded.max_waiting;
    end if;
end
$$;
comment on function fleet.limit_depth(text, integer) is
    'Refuse jobs for a queue in which so many wait: select fleet.limit_depth(''analysis_default'', 10000). Null: no limit.';

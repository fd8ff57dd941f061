-- limit_queue: bounds how many jobs of a queue may run at once in the whole fleet; null: any number.
--
-- Locks the row of the queue. What runs already runs on: the next claims take nothing until there is room.
create or replace function fleet.limit_queue(queue text, max_running integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if limit_queue.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue to limit';
    end if;
    perform fleet.check_values(limit_queue.queue, null, null, null);
    if limit_queue.max_running < 0 then
        raise exception sqlstate 'FL002' using message = format('max_running must not be negative, as %s is', limit_queue.max_running);
    end if;
    insert into fleet.queue (name, max_running) values (limit_queue.queue, limit_queue.max_running)
    on conflict (name) do update set max_running = excluded.max_running;
    perform fleet.wake(array[limit_queue.queue]);
end
$$;
comment on function fleet.limit_queue(text, integer) is
    'Let at most so many jobs of a queue run at once, on all workers together: select fleet.limit_queue(''spec_generation'', 4). Null: no limit.';

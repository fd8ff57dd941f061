-- limit_rate: bounds how many jobs of a queue may begin in a while, over the whole fleet; null: any number.
--
-- Locks the row of the queue; taking the limit away, then that of its meter. Tokens come evenly; after a quiet while at most burst jobs begin at
-- once, so that in any while of that length no more than jobs + burst begin. Every attempt counts, also of a job that
-- was snoozed or handed back. A new rate begins with a full burst, a changed one with what is left.
create or replace function fleet.limit_rate(
    queue text, jobs integer, per interval default '1 s', burst integer default null
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_burst integer := case when limit_rate.jobs is not null then coalesce(limit_rate.burst, limit_rate.jobs) end;
begin
    if limit_rate.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue whose rate to limit';
    end if;
    perform fleet.check_values(limit_rate.queue, null, null, null);
    if limit_rate.jobs < 1 or v_burst < 1 then
        raise exception sqlstate 'FL002' using
            message = 'a rate lets at least one job begin, and so does its burst', hint = 'fleet.pause stops a queue.';
    end if;
    if limit_rate.jobs is not null
        and coalesce(limit_rate.per <= interval '0' or limit_rate.per > interval '31 days', true)
    then
        raise exception sqlstate 'FL002' using message = 'a rate counts jobs in a while of at most 31 days, such as per => ''1 min''';
    end if;
    insert into fleet.queue (name, rate_jobs, rate_per, rate_burst)
    values (limit_rate.queue, limit_rate.jobs, case when limit_rate.jobs is not null then limit_rate.per end, v_burst)
    on conflict (name) do update
        set rate_jobs = excluded.rate_jobs,
            rate_per = excluded.rate_per,
            rate_burst = excluded.rate_burst;
    if limit_rate.jobs is null then
        update fleet.meter as meter set tokens = 'infinity' where meter.queue = limit_rate.queue;
    end if;
    perform fleet.wake(array[limit_rate.queue]);
end
$$;
comment on function fleet.limit_rate(text, integer, interval, integer) is
    'Let at most so many jobs of a queue begin in a while, on all workers together: select fleet.limit_rate(''spec_generation'', 60, per => ''1 min'', burst => 5). Null: no limit.';

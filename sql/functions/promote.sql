-- promote: makes scheduled jobs that have fallen due ready, or arriving when they have a fair key; returns how many.
--
-- Locks at most p_limit rows, skipping those another promotion holds. Anybody may call it at any time: there is no
-- scheduler, every claim promotes.
create or replace function fleet.promote(p_limit integer default 500) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := fleet.now();
    v_queues text[];
begin
    with promoted as (
        update fleet.job
        set state = case when fair_key is null then 'ready' else 'arriving' end::fleet.job_state
        where id = any(array(
            select due.id from fleet.job as due
            where due.state = 'scheduled' and due.run_at <= v_now
            order by due.run_at, due.id
            limit p_limit
            for update skip locked
        ))
        returning queue
    )
    select array_agg(queue) into v_queues from promoted;
    if v_queues is null then
        return 0;
    end if;
    perform fleet.wake(v_queues);
    return cardinality(v_queues);
end
$$;
comment on function fleet.promote(integer) is 'Make scheduled jobs that have fallen due ready.';

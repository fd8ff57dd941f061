-- forgive: gives a kind a full retry budget again, and makes the retries that were put off due; returns how many.
--
-- Locks those jobs in id order, then the budget, as fleet.fail does.
create or replace function fleet.forgive(kind text) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_ids bigint[];
    v_queues text[];
begin
    v_ids := array(
        select job.id from fleet.job as job
        where job.kind = forgive.kind and job.put_off_until is not null
            and job.put_off_until = job.run_at and job.state = 'scheduled'
        order by job.id
        for update
    );
    with due as (
        update fleet.job as job
        set run_at = v_now,
            put_off_until = null
        where job.id = any(v_ids)
        returning job.queue
    )
    select array_agg(due.queue) into v_queues from due;
    delete from fleet.retry_budget as budget where budget.kind = forgive.kind;
    perform fleet.wake(v_queues);
    return cardinality(v_ids);
end
$$;
comment on function fleet.forgive(text) is
    'Give a kind its full retry budget again, and try what was put off now: select fleet.forgive(''analyze'').';

-- spend_retries: counts retries against the budgets of their kinds, and puts off those that are not paid for.
--
-- For fleet.fail, as its last step: it has put the jobs back and holds their locks. Locks the budgets in the order of their
-- kinds, and only from here to the commit, because all that fails of a kind meets there. Each success pays for a share of a
-- retry, and time for some; what successes pay beyond a minute's worth lasts for this call only. A retry that is not paid
-- for runs when time alone will have paid for it and for those before it, and never sooner than it would have. What
-- would wait for more than an hour waits for between half of one and a whole one instead, and no more debt is kept, so that a kind has
-- its budget back within an hour after it has recovered.
create or replace function fleet.spend_retries(ids bigint[], kinds text[], successes integer[], at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_retried text[];
    v_spent record;
    v_balance double precision;
    v_queues text[];
    v_keys text[];
begin
    if spend_retries.ids is not null then
        select array_agg(job.kind) into v_retried from fleet.job as job where job.id = any(spend_retries.ids);
    end if;
    for v_spent in
        select counted.kind, sum(counted.retries) as retries, sum(counted.successes) as successes,
               coalesce(min(known.retries_per_minute), 60) as per_minute, coalesce(min(known.retry_share), 0.2) as share
        from (
            select retried.kind, 1 as retries, 0 as successes from unnest(v_retried) as retried (kind)
            union all
            select ended.kind, 0, ended.successes
            from unnest(spend_retries.kinds, spend_retries.successes) as ended (kind, successes)
        ) as counted
        left join fleet.kind as known on known.kind = counted.kind
        group by counted.kind
        order by counted.kind
    loop
        if v_spent.retries > 0 then
            insert into fleet.retry_budget (kind, balance, counted_at)
            values (v_spent.kind, v_spent.per_minute, spend_retries.at)
            on conflict (kind) do nothing;
        end if;
        select fleet.retry_balance(budget, v_spent.per_minute, spend_retries.at) + v_spent.share * v_spent.successes
        into v_balance
        from fleet.retry_budget as budget
        where budget.kind = v_spent.kind
        for update;
        continue when v_balance is null;

        update fleet.retry_budget as budget
        set balance = greatest(v_balance - v_spent.retries, -60 * v_spent.per_minute),
            counted_at = greatest(budget.counted_at, spend_retries.at)
        where budget.kind = v_spent.kind;

        with due as (
            select again.id, again.state, again.run_at,
                   (row_number() over (order by again.run_at, again.id) - v_balance) / v_spent.per_minute as minutes
            from fleet.job as again
            where again.id = any(spend_retries.ids) and again.kind = v_spent.kind and v_balance < v_spent.retries
        ), late as (
            select due.id, due.state, due.run_at,
                   spend_retries.at + interval '1 min' * case when due.minutes > 60 then 60 - 30 * random() else due.minutes end as until
            from due
        ), put_off as (
            update fleet.job as job
            set state = 'scheduled',
                run_at = late.until,
                put_off_until = late.until
            from late
            where job.id = late.id and late.until > late.run_at
            returning job.queue, job.fair_key, late.state as was
        )
        select array_agg(put_off.queue), array_agg(put_off.fair_key)
        into v_queues, v_keys
        from put_off
        where put_off.was = 'arriving';
        -- Their place under the key is free for as long as they are scheduled.
        perform fleet.free_keys(v_queues, v_keys) where v_keys is not null;
    end loop;
end
$$;
comment on function fleet.spend_retries(bigint[], text[], integer[], timestamptz) is
    'Internal: count retries against the budgets of their kinds, and put off those that are not paid for.';

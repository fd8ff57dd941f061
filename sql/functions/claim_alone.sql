-- claim_alone: gives a worker the one job that it is to run with no other beside it.
--
-- For fleet.claim, which has locked the job (fleet.quarantine). Within the limits of its queue, like any other claim.
create or replace function fleet.claim_alone(worker uuid, job bigint, at timestamptz)
returns table (
    id bigint, token integer, kind text, queue text, args text, attempt integer, max_attempts integer,
    traceparent text, waited_ms bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    v_known fleet.queue;
    v_limited boolean;
begin
    select known.* into v_known
    from fleet.queue as known
    where known.name = (select alone.queue from fleet.job as alone where alone.id = claim_alone.job);
    v_limited := v_known.max_running is not null or v_known.rate_jobs is not null;
    if v_limited and fleet.allot(v_known, 1) <= 0 then
        return;
    end if;
    return query
    update fleet.job as taken
    set state = 'running',
        attempt = taken.attempt + 1,
        token = taken.token + 1,
        worker = claim_alone.worker,
        claimed_at = claim_alone.at
    where taken.id = claim_alone.job
    returning
        taken.id, taken.token, taken.kind, taken.queue, taken.args::text,
        taken.attempt::integer, taken.max_attempts::integer, taken.traceparent,
        (extract(epoch from claim_alone.at - greatest(taken.run_at, taken.enqueued_at)) * 1000)::bigint;
    if v_limited then
        perform fleet.spend(v_known, 1);
    end if;
end
$$;
comment on function fleet.claim_alone(uuid, bigint, timestamptz) is
    'Internal: give a worker the one job that it is to run with no other beside it.';

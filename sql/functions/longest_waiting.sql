-- longest_waiting: the priority of the ready job that has waited longest behind more urgent ones, if it has waited too long.
--
-- Takes no lock. For fleet.claim. Looks at the first job of each priority, a probe of the index for each. Null when nobody
-- has waited longer than the queue's ageing. The most urgent jobs wait behind nobody: since null. A claim that knows that
-- nothing is left up to some (priority, id) says so, and the look begins after it.
drop function if exists fleet.longest_waiting(text, text[], timestamptz);
create or replace function fleet.longest_waiting(
    queue text, kinds text[], at timestamptz,
    after_priority smallint default -32768, after_id bigint default -9223372036854775808
) returns smallint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_ageing interval := coalesce(
        (select known.ageing from fleet.queue as known where known.name = longest_waiting.queue), interval '5 min'
    );
begin
    return (
        with recursive head as (
            (
                select job.priority, null::timestamptz as since
                from fleet.job as job
                where job.state = 'ready' and job.queue = longest_waiting.queue and job.kind = any(longest_waiting.kinds)
                    and (job.priority, job.id) > (longest_waiting.after_priority, longest_waiting.after_id)
                order by job.priority, job.id
                limit 1
            )
            union all
            select later.priority, later.since
            from head
            cross join lateral (
                select job.priority, greatest(job.run_at, job.enqueued_at) as since
                from fleet.job as job
                where job.state = 'ready' and job.queue = longest_waiting.queue and job.kind = any(longest_waiting.kinds)
                    and job.priority > head.priority
                order by job.priority, job.id
                limit 1
            ) as later
        )
        select head.priority from head
        where head.since <= longest_waiting.at - v_ageing
        order by head.since
        limit 1
    );
end
$$;
comment on function fleet.longest_waiting(text, text[], timestamptz, smallint, bigint) is
    'Internal: the priority of the ready job that has waited longest behind more urgent ones, if too long.';

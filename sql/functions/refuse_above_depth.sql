-- refuse_above_depth: refuses what was just inserted when more wait in its queue than the queue's limit allows.
--
-- For fleet.announce_jobs, so that whoever inserts is refused: an enqueue, a batch, a COPY, a row typed by hand. Takes no
-- lock: it counts what is committed and what this transaction itself has put in. So nothing is refused while there is
-- room, and a queue exceeds its limit at most by what transactions that are under way at the same moment put in. Counts
-- no further than the limit, and is kept to the indexes, because a scan of all jobs is not bounded by it. What goes back
-- into its queue after an attempt is never refused. Raises FL005; nothing is inserted then.
create or replace function fleet.refuse_above_depth(queues text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_queue text;
    -- One more than the limit is counted, which may be the largest integer.
    v_most bigint;
    v_waiting bigint;
begin
    for v_queue, v_most in
        select bound.queue, bound.max_waiting from fleet.queue_depth_limit as bound where bound.queue = any(queues)
    loop
        select count(*) into v_waiting
        from (
            (select from fleet.job as job where job.queue = v_queue and job.state = 'ready' limit v_most + 1)
            union all
            (
                select from fleet.job as job
                where job.queue = v_queue and job.state in ('scheduled', 'arriving', 'held')
                limit v_most + 1
            )
        ) as waiting;
        if v_waiting > v_most then
            raise exception sqlstate 'FL005' using
                message = format('queue %s is full: at most %s jobs may wait in it', v_queue, v_most),
                hint = 'Enqueue again when workers have caught up, or change the limit with fleet.limit_depth.';
        end if;
    end loop;
end
$$;
comment on function fleet.refuse_above_depth(text[]) is
    'Internal: refuse what was just inserted into a queue that is full.';

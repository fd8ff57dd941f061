-- resume: lets claims take from a queue again, and wakes the workers that sleep on it.
--
-- Locks the row of the queue. was and now: open or paused.
create or replace function fleet.resume(queue text) returns table (name text, was text, now text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_paused boolean;
begin
    if resume.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue to resume', hint = 'table fleet.queues shows them all.';
    end if;
    perform fleet.check_values(resume.queue, null, null, null);
    select fleet.is_paused(known.name) into v_paused from fleet.queue as known where known.name = resume.queue for update;
    update fleet.queue as known
    set paused_at = null,
        paused_by = null,
        pause_reason = null,
        resume_at = null
    where known.name = resume.queue;
    perform fleet.wake(array[resume.queue]);
    return query select resume.queue, case when v_paused then 'paused' else 'open' end, 'open';
end
$$;
comment on function fleet.resume(text) is 'End the pause of a queue: select * from fleet.resume(''analysis_default'').';

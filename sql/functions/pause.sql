-- pause: stops claims from a queue, for a while or until fleet.resume; what runs already runs on.
--
-- Locks the row of the queue. No claim that begins once this is committed takes from the queue. Pausing a paused queue
-- replaces the end and the reason of the pause; it began when it began. was and now: open or paused.
create or replace function fleet.pause(queue text, for_ interval default null, reason text default null)
returns table (name text, was text, now text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now timestamptz := fleet.now();
    v_since timestamptz;
begin
    if pause.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue to pause', hint = 'table fleet.queues shows them all.';
    end if;
    perform fleet.check_values(pause.queue, null, null, null);
    if pause.for_ <= interval '0' or pause.for_ > interval '100 years' then
        raise exception sqlstate 'FL002' using
            message = format('a pause lasts for a while of at most 100 years, unlike %s', pause.for_),
            hint = 'For example: for_ => ''30 min''; without it, until fleet.resume.';
    end if;
    if octet_length(pause.reason) > 1024 then
        raise exception sqlstate 'FL002' using
            message = format('a reason must fit in 1024 bytes, unlike one of %s', octet_length(pause.reason));
    end if;

    insert into fleet.queue (name) values (pause.queue) on conflict (name) do nothing;
    select case when fleet.is_paused(known.name) then known.paused_at end into v_since
    from fleet.queue as known where known.name = pause.queue for update;
    update fleet.queue as known
    set paused_at = coalesce(v_since, v_now),
        paused_by = session_user || coalesce(' with ' || nullif(current_setting('application_name'), ''), ''),
        pause_reason = pause.reason,
        resume_at = v_now + pause.for_
    where known.name = pause.queue;
    -- Workers that sleep learn when the pause ends.
    perform fleet.wake(array[pause.queue]);
    return query select pause.queue, case when v_since is null then 'open' else 'paused' end, 'paused';
end
$$;
comment on function fleet.pause(text, interval, text) is
    'Claim nothing more from a queue: select * from fleet.pause(''analysis_default'', for_ => ''30 min'', reason => ''deploy'').';

-- await_end: asks whatever ends a job to send its id to the channel fleet_ended; says whether that was heard.
--
-- Locks the job's row for a moment, and waits for nobody who has it: awaited (the end will be sent), finished (the job has
-- ended), busy (somebody holds the row, perhaps to end it: ask again soon), or null for a job nobody knows. Listen first,
-- then ask, and no end is missed: whoever ends the job takes its row away, and meets the request in it. Not within a
-- transaction, which would keep the row locked. A claim passes over a row that is locked and does not look again by itself,
-- so what waits is offered once more.
create or replace function fleet.await_end(id bigint) returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_job fleet.job;
    v_state text;
begin
    -- Once asked, a job stays asked until its end.
    if exists (select from fleet.job as live where live.id = await_end.id and live.awaited) then
        return 'awaited';
    end if;
    select live.* into v_job from fleet.job as live where live.id = await_end.id for no key update skip locked;
    if v_job.id is not null then
        update fleet.job as job set awaited = true where job.id = v_job.id;
        if v_job.state = 'held' then
            perform fleet.free_keys(array[v_job.queue], array[v_job.fair_key]);
        elsif v_job.state <> 'running' then
            perform fleet.wake(array[v_job.queue]);
        end if;
        return 'awaited';
    end if;
    -- In one statement, because a job may end, or be brought back, between two.
    v_state := fleet.state_of(await_end.id);
    return case when v_state in ('done', 'failed', 'cancelled', 'lost') then 'finished' when v_state is not null then 'busy' end;
end
$$;
comment on function fleet.await_end(bigint) is
    'Have the end of a job sent to the channel fleet_ended: select fleet.await_end(42). awaited, finished, busy (ask again), or null.';

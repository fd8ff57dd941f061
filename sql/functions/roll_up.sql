-- roll_up: brings the sums of finished jobs up to date, and notes once a minute how deep the queues are; true when it has.
--
-- For whoever shows them or is about to drop a day of history; costs those who end jobs nothing. Takes an advisory lock
-- until the transaction ends; where somebody else has it, does nothing and returns null. Works for about as long as
-- *within* says, and returns false when more is left: call it again, in another transaction.
-- Jobs are not committed in the order in which they ended, so no time says what is counted. A pass counts what transactions
-- wrote that are younger than the last pass's horizon and older than its own: the oldest one still under way, before
-- which all is over and nothing is added. So each row is counted in one pass, whenever it is committed; one that
-- somebody retries before that is not. A long transaction that writes, in any database of the server, holds the sums
-- back (counted_at), and nothing else. Rows are looked for from two minutes before the time at which the oldest uncounted
-- transaction can have begun to write: longer than anybody waits for a lock between taking the time and writing.
create or replace function fleet.roll_up(within interval default '200 ms') returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_state fleet.rollup;
    v_system bigint := (select control.system_identifier from pg_control_system() as control);
    v_deadline timestamptz := clock_timestamp() + roll_up.within;
    v_began timestamptz;
    v_to timestamptz;
    v_step interval := interval '1 minute';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('fleet.roll_up', 0)) then
        return null;
    end if;
    select rollup.* into strict v_state from fleet.rollup as rollup for update;
    perform fleet.sample_depths();

    if v_state.system <> v_system then
        -- Restored on another server. What it counts from is what is written from now on.
        v_state := row(
            true, v_system, pg_snapshot_xmin(pg_current_snapshot()), least(now(), fleet.now()) - interval '2 minutes',
            pg_current_xact_id(), now(), null, null, null, '{}', v_state.counted_at
        );
    end if;
    if v_state.to_xid is null then
        v_state.to_xid := pg_snapshot_xmin(pg_current_snapshot());
        v_state.cursor_at := v_state.since;
        v_state.began_at := least(now(), fleet.now());
    end if;

    loop
        v_began := clock_timestamp();
        if v_state.cursor_at = '-infinity' then
            v_state.cursor_at := coalesce((select min(history.finished_at) from fleet.job_history as history), now());
        end if;
        v_to := v_state.cursor_at + v_step;
        if v_to >= v_state.began_at then
            v_to := 'infinity';
        end if;
        perform fleet.count_ended(null, v_state.from_xid, v_state.to_xid, v_state.cursor_at, v_to, v_state.moved);
        v_state.cursor_at := v_to;
        exit when v_to = 'infinity' or clock_timestamp() > v_deadline;
        v_step := case
            when clock_timestamp() - v_began < interval '20 ms' then least(v_step * 4, interval '6 hours')
            when clock_timestamp() - v_began < interval '50 ms' then least(v_step * 2, interval '6 hours')
            when clock_timestamp() - v_began > interval '100 ms' then greatest(v_step / 2, interval '1 minute')
            else v_step
        end;
    end loop;

    if v_state.cursor_at = 'infinity' then
        v_state.from_xid := v_state.to_xid;
        v_state.counted_at := v_state.began_at;
        v_state.to_xid := null;
        v_state.cursor_at := null;
        v_state.began_at := null;
        v_state.moved := array(select away.xid from unnest(v_state.moved) as away (xid) where away.xid >= v_state.from_xid);
        if v_state.mark_xid <= v_state.from_xid then
            v_state.since := v_state.mark_at - interval '2 minutes';
            -- The transaction began before it had its number, and whatever has a higher one has got it since.
            v_state.mark_xid := pg_current_xact_id();
            v_state.mark_at := least(now(), fleet.now());
        end if;
    end if;
    update fleet.rollup as rollup
    set (system, from_xid, since, mark_xid, mark_at, to_xid, cursor_at, began_at, moved, counted_at) = (
        v_state.system, v_state.from_xid, v_state.since, v_state.mark_xid, v_state.mark_at, v_state.to_xid,
        v_state.cursor_at, v_state.began_at, v_state.moved, v_state.counted_at
    );
    return v_state.to_xid is null;
end
$$;
comment on function fleet.roll_up(interval) is
    'Bring the sums of finished jobs up to date (fleet.job_minute, job_hour, failure_hour): select fleet.roll_up().';

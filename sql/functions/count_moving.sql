-- count_moving: adds finished jobs that are about to leave the default partition to the rollups, if they are not in there.
--
-- For fleet.make_partitions, which has locked the partition against everybody and holds the lock of the rollups: what lies
-- in it is committed, and is to look newly written.
create or replace function fleet.count_moving(from_at timestamptz, to_at timestamptz) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state fleet.rollup;
    v_default constant regclass := 'fleet.job_history_default';
    v_everything constant xid8 := pg_snapshot_xmax(pg_current_snapshot());
begin
    perform from fleet.job_history_default as history
    where history.finished_at >= count_moving.from_at and history.finished_at < count_moving.to_at
    limit 1;
    if not found then
        return;
    end if;
    select rollup.* into strict v_state from fleet.rollup as rollup for update;
    if v_state.to_xid is null then
        perform fleet.count_ended(v_default, v_state.from_xid, v_everything, from_at, to_at, v_state.moved);
        return;
    end if;
    -- A pass is under way: what it has counted lies before its cursor and its horizon.
    perform fleet.count_ended(
        v_default, v_state.to_xid, v_everything, from_at, least(to_at, v_state.cursor_at), v_state.moved
    );
    perform fleet.count_ended(
        v_default, v_state.from_xid, v_everything, greatest(from_at, v_state.cursor_at), to_at, v_state.moved
    );
end
$$;
comment on function fleet.count_moving(timestamptz, timestamptz) is
    'Internal: add finished jobs that are about to leave the default partition to the rollups.';

-- delete_rollups: deletes sums of finished jobs (minutes, hours) or records of what people did (actions); returns how many.
--
-- Locks at most so many rows that are older than a time, skipping those that somebody holds. With the minutes go the depths
-- of the queues, with the hours the failures. Raises FL002 for anything else.
create or replace function fleet.delete_rollups(what text, before timestamptz, at_most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_deleted integer;
    v_more integer := 0;
begin
    if delete_rollups.what = 'minutes' then
        delete from fleet.job_minute as gone
        where gone.ctid = any(array(
            select old.ctid from fleet.job_minute as old
            where old.at <= delete_rollups.before limit delete_rollups.at_most for update skip locked
        ));
        get diagnostics v_deleted = row_count;
        delete from fleet.depth_minute as gone
        where gone.ctid = any(array(
            select old.ctid from fleet.depth_minute as old
            where old.at <= delete_rollups.before limit delete_rollups.at_most - v_deleted for update skip locked
        ));
        get diagnostics v_more = row_count;
    elsif delete_rollups.what = 'hours' then
        delete from fleet.job_hour as gone
        where gone.ctid = any(array(
            select old.ctid from fleet.job_hour as old
            where old.at <= delete_rollups.before limit delete_rollups.at_most for update skip locked
        ));
        get diagnostics v_deleted = row_count;
        delete from fleet.failure_hour as gone
        where gone.ctid = any(array(
            select old.ctid from fleet.failure_hour as old
            where old.at <= delete_rollups.before limit delete_rollups.at_most - v_deleted for update skip locked
        ));
        get diagnostics v_more = row_count;
    elsif delete_rollups.what = 'actions' then
        delete from fleet.operator_action as gone
        where gone.ctid = any(array(
            select old.ctid from fleet.operator_action as old
            where old.at <= delete_rollups.before order by old.id limit delete_rollups.at_most for update skip locked
        ));
        get diagnostics v_deleted = row_count;
    else
        raise exception sqlstate 'FL002' using
            message = format('%s is no rollup', quote_nullable(left(delete_rollups.what, 64))),
            hint = 'There are minutes, hours and actions.';
    end if;
    return v_deleted + v_more;
end
$$;
comment on function fleet.delete_rollups(text, timestamptz, integer) is
    'Delete sums of finished jobs (minutes, hours) or records of what people did (actions) that are older than a time.';

-- make_partitions: gives the history and the attempts a partition for each of the coming days; returns how many it made.
--
-- Serialised by an advisory lock. Attaching locks only the default partition against readers, for as long as it takes
-- to see that it holds no row of that day; rows it does hold are moved first. Writers wait at the table itself: one that had
-- chosen the default partition already would be refused by it afterwards. The attempts come before the history, in the
-- order in which an ending writes them, so that the two never deadlock. A day is a day of UTC: stepped and written
-- in a session's own zone, days shift where its clocks change. Rows that are moved look newly written to fleet.roll_up, whose
-- advisory lock is held meanwhile: they are counted first, and then marked as moved.
create or replace function fleet.make_partitions(days_ahead integer default 14) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
declare
    v_table text;
    v_column text;
    v_day date;
    v_partition text;
    v_moved xid;
    v_made integer := 0;
begin
    if make_partitions.days_ahead > 366 then
        raise exception sqlstate 'FL002' using
            message = format('partitions are made for at most 366 days ahead, not %s', make_partitions.days_ahead);
    end if;
    perform pg_advisory_xact_lock(hashtextextended('fleet.make_partitions', 0));
    perform pg_advisory_xact_lock(hashtextextended('fleet.roll_up', 0));
    for v_table, v_column, v_day in
        select parent.name, parent.day_column, day::date
        from (values ('attempt', 'ended_at'), ('job_history', 'finished_at')) as parent (name, day_column),
            generate_series(
                date_trunc('day', fleet.now()),
                date_trunc('day', fleet.now()) + make_interval(days => make_partitions.days_ahead),
                interval '1 day'
            ) as day
        order by parent.name, day
    loop
        v_partition := v_table || '_' || to_char(v_day, 'YYYYMMDD');
        continue when to_regclass('fleet.' || v_partition) is not null;
        execute format(
            'create table fleet.%1$I (like fleet.%2$I including defaults including constraints)', v_partition, v_table
        );
        execute format('lock table only fleet.%I in exclusive mode', v_table);
        execute format('lock table fleet.%I in access exclusive mode', v_table || '_default');
        if v_table = 'job_history' then
            perform fleet.count_moving(v_day::timestamptz, (v_day + 1)::timestamptz);
        end if;
        execute format(
            'with moved as (delete from fleet.%1$I where %2$I >= %4$L and %2$I < %5$L returning *)
             insert into fleet.%3$I select * from moved',
            v_table || '_default', v_column, v_partition,
            v_day::timestamptz, (v_day + 1)::timestamptz
        );
        if v_table = 'job_history' then
            execute format('select xmin from fleet.%I limit 1', v_partition) into v_moved;
            perform fleet.mark_moved(v_moved) where v_moved is not null;
        end if;
        execute format(
            'alter table fleet.%1$I attach partition fleet.%2$I for values from (%3$L) to (%4$L)',
            v_table, v_partition, v_day::timestamptz, (v_day + 1)::timestamptz
        );
        v_made := v_made + 1;
    end loop;
    return v_made;
end
$$;
comment on function fleet.make_partitions(integer) is 'Make the day partitions of the history and the attempts ahead of time.';

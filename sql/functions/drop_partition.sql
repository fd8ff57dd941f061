-- drop_partition: drops a day of finished jobs or of attempts, which ends its retention.
--
-- Locks the table it is a part of, against everybody, for a moment. Takes no other table, nor a day that is not over.
-- Raises FL002.
create or replace function fleet.drop_partition(partition text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_day date := to_date(substring(drop_partition.partition from '^(?:job_history|attempt)_([0-9]{8})$'), 'YYYYMMDD');
begin
    if v_day is null
        or v_day >= (fleet.now() at time zone 'UTC')::date
        or not exists (
            select from pg_inherits
            where inhrelid = to_regclass('fleet.' || quote_ident(drop_partition.partition))
                and inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
        )
    then
        raise exception sqlstate 'FL002' using
            message = format(
                '%s is no day of finished jobs or attempts that is over', quote_nullable(left(drop_partition.partition, 64))
            );
    end if;
    execute format('drop table fleet.%I', drop_partition.partition);
end
$$;
comment on function fleet.drop_partition(text) is
    'Drop a day of finished jobs or of attempts: select fleet.drop_partition(''job_history_20260301'').';

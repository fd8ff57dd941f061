-- sweep_workers: gives running jobs whose worker nobody knows to the next rescue; returns how many workers were unknown.
--
-- No function makes such rows; hands may. Takes no lock. Inserts each of those workers, dead, which is all that a rescue
-- needs. Reads every running job, so a claim calls it once in ten seconds for the whole fleet.
create or replace function fleet.sweep_workers() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_unknown integer;
begin
    insert into fleet.worker (id, service, replica, version, pid, queues, kinds, started_at, lease_until)
    select job.worker, 'unknown', 'unknown', 'unknown', 0, array[]::text[], array[]::text[], fleet.now(), '-infinity'::timestamptz
    from fleet.job as job
    where job.state = 'running' and not exists (select from fleet.worker as known where known.id = job.worker)
    on conflict do nothing;
    get diagnostics v_unknown = row_count;
    return v_unknown;
end
$$;
comment on function fleet.sweep_workers() is
    'Let running jobs be rescued whose worker nobody knows, because somebody typed them. Claims do it now and then.';

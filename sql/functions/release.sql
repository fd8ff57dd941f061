-- release: hands running jobs back because their worker stops, giving the attempt back; returns the ids it accepted.
--
-- Locks the jobs in id order. A job that was interrupted too often (fleet.put_back) and has no attempt left would never
-- be claimed again, so it ends here as lost.
create or replace function fleet.release(ids bigint[], tokens integer[], reason text) returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_closed bigint[];
    v_ending bigint[];
begin
    v_closed := fleet.close_attempts(
        release.ids,
        release.tokens,
        'interrupted',
        null,
        array_fill(release.reason, array[coalesce(cardinality(release.ids), 0)]),
        v_now
    );
    if v_closed is null then
        return;
    end if;
    v_ending := array(
        select job.id from fleet.job as job
        where job.id = any(v_closed) and job.interruptions >= 10 and job.attempt >= job.max_attempts
    );

    perform fleet.end_jobs(v_ending, 'lost', v_now);
    perform fleet.put_back(array(select unnest(v_closed) except select unnest(v_ending)), null, 'interrupted', v_now);
    return query select unnest(v_closed);
end
$$;
comment on function fleet.release(bigint[], integer[], text) is
    'Hand running jobs back because their worker stops; the attempt is given back.';

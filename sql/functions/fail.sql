-- fail: ends attempts that raised: the job runs again after its delay, or moves into the history as failed.
--
-- A null delay, or no attempt left, ends the job. Locks the jobs in id order, and at the end the retry budgets of their
-- kinds, which may put a job off for longer than its delay. With the failures come the successes of each kind that the
-- caller has not handed over yet: they pay for retries. Returns the ids it accepted; an (id, token) that is not the current
-- claim changes nothing.
drop function if exists fleet.fail(bigint[], integer[], interval[], text[], text[]);
create or replace function fleet.fail(
    ids bigint[], tokens integer[], delays interval[], error_classes text[], error_messages text[],
    succeeded_kinds text[] default '{}', successes integer[] default '{}'
) returns setof bigint
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
    v_again bigint[];
    v_delays interval[];
begin
    v_closed := fleet.close_attempts(fail.ids, fail.tokens, 'failed', fail.error_classes, fail.error_messages, v_now);
    -- Nothing is done about nothing: of a null array the planner proves that any index of jobs will do.
    if v_closed is not null then
        select
            array_agg(job.id) filter (where ended.delay is null or job.attempt >= job.max_attempts),
            array_agg(job.id order by job.id) filter (where ended.delay is not null and job.attempt < job.max_attempts),
            array_agg(ended.delay order by job.id) filter (where ended.delay is not null and job.attempt < job.max_attempts)
        into v_ending, v_again, v_delays
        from unnest(fail.ids, fail.delays) as ended (id, delay)
        join fleet.job as job on job.id = ended.id
        where job.id = any(v_closed);

        perform fleet.end_jobs(v_ending, 'failed', v_now);
        perform fleet.put_back(v_again, v_delays, 'failed', v_now) where v_again is not null;
    end if;
    perform fleet.spend_retries(v_again, fail.succeeded_kinds, fail.successes, v_now);
    return query select unnest(v_closed);
end
$$;
comment on function fleet.fail(bigint[], integer[], interval[], text[], text[], text[], integer[]) is
    'End attempts that raised: again after the delay, or failed for good when it is null or no attempt is left. successes[i] jobs of succeeded_kinds[i] were done since the last call.';

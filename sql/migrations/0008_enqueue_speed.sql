-- Enqueueing as fast as an insert: no notification that nobody waits for, and no check that is read anew in every statement.

alter table fleet.worker add column says_when_it_sleeps boolean not null default false;
comment on column fleet.worker.says_when_it_sleeps is
    'It holds a lock while it sleeps (fleet.fall_asleep); false for workers of a release that did not, which are notified of everything.';

-- The rules of a job in one function, under the names that they had; sql/functions/is_sound.sql says why.
create function fleet.is_sound(job fleet.job) returns boolean
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_size integer := octet_length(job.args::text);
    v_broken text := case
        when job.cancel_reason is not null and job.cancel_requested_at is null then 'a_cancel_reason_needs_a_cancel'
        when jsonb_typeof(job.args) <> 'object' then 'args_are_an_object'
        -- Only a text of more than two brackets a level can be so deep.
        when v_size > 130 and jsonb_path_exists(job.args, 'strict $.**{65}') then 'args_are_at_most_64_deep'
        when v_size > 262144 then 'args_fit_in_256_kib'
        when job.attempt not between 0 and job.max_attempts or job.max_attempts not between 1 and 1000 then 'attempts_stay_in_bounds'
        when octet_length(job.cancel_reason) > 1024 then 'cancel_reason_is_short'
        when job.cancel_requested_at not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then 'cancel_requested_at_is_a_sane_date'
        when job.claimed_at not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then 'claimed_at_is_a_sane_date'
        when job.crashes not between 0 and 1000 then 'crashes_stay_in_bounds'
        when job.enqueued_at not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then 'enqueued_at_is_a_sane_date'
        when octet_length(job.fair_key) not between 1 and 256 then 'fair_key_is_short'
        when job.interruptions not between 0 and 10000 then 'interruptions_stay_in_bounds'
        when octet_length(job.kind) > 63 or job.kind !~ '^[a-z][a-z0-9_]*$' then 'kind_is_a_plain_word'
        when job.state = 'held' and job.fair_key is null then 'only_keyed_jobs_are_held'
        when job.state <> 'running' and job.cancel_requested_at is not null then 'only_running_jobs_await_their_cancel'
        when num_nonnulls(job.worker, job.claimed_at) <> case job.state when 'running' then 2 else 0 end
            then 'only_running_jobs_have_a_worker'
        when octet_length(job.progress::text) > 4096 then 'progress_is_short'
        when job.put_off_until not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then 'put_off_until_is_a_sane_date'
        -- Bounded, because it is the payload of a notification, which must fit in 8000 bytes.
        when octet_length(job.queue) > 63 or job.queue !~ '^[a-z][a-z0-9_]*$' then 'queue_is_a_plain_word'
        when job.run_at not between '2000-01-01 00:00Z' and '2200-01-01 00:00Z' then 'run_at_is_a_sane_date'
        when job.state = 'running' and (job.attempt <= 0 or job.token <= 0) then 'running_jobs_have_been_claimed'
        -- Low enough that no claim of the row overflows: that would fail the claim of every other job with it.
        when job.token not between 0 and 1000000000 then 'tokens_stay_in_bounds'
        -- A bound inside the expression would take ten times as long to match.
        when job.traceparent not like '00-________________________________-________________-__'
            or job.traceparent !~ '^00-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*$' then 'traceparent_is_w3c'
        when octet_length(job.unique_key) not between 1 and 1024 then 'unique_key_is_short'
        when job.state <> 'running' and job.attempt >= job.max_attempts then 'waiting_jobs_have_an_attempt_left'
    end;
begin
    if v_broken is not null then
        raise exception using
            errcode = 'check_violation', schema = 'fleet', table = 'job', constraint = v_broken,
            message = format('new row for relation "job" violates check constraint "%s"', v_broken);
    end if;
    return true;
end
$$;

-- True of every row there is, which the checks before have let in. What a claim changes is told here, because it changes no
-- more of many jobs at once; whatever else becomes of a running job is seen by the triggers below.
alter table fleet.job
add constraint job_is_sound check (
    state = 'running' and worker is not null and claimed_at between '2000-01-01 00:00Z' and '2200-01-01 00:00Z'
    and attempt between 1 and max_attempts and token between 1 and 1000000000
    or fleet.is_sound(job)
) not valid,
-- squawk-ignore ban-drop-constraint
drop constraint a_cancel_reason_needs_a_cancel,
-- squawk-ignore ban-drop-constraint
drop constraint args_are_an_object,
-- squawk-ignore ban-drop-constraint
drop constraint args_are_at_most_64_deep,
-- squawk-ignore ban-drop-constraint
drop constraint args_fit_in_256_kib,
-- squawk-ignore ban-drop-constraint
drop constraint attempts_stay_in_bounds,
-- squawk-ignore ban-drop-constraint
drop constraint cancel_reason_is_short,
-- squawk-ignore ban-drop-constraint
drop constraint cancel_requested_at_is_a_sane_date,
-- squawk-ignore ban-drop-constraint
drop constraint claimed_at_is_a_sane_date,
-- squawk-ignore ban-drop-constraint
drop constraint crashes_stay_in_bounds,
-- squawk-ignore ban-drop-constraint
drop constraint enqueued_at_is_a_sane_date,
-- squawk-ignore ban-drop-constraint
drop constraint fair_key_is_short,
-- squawk-ignore ban-drop-constraint
drop constraint interruptions_stay_in_bounds,
-- squawk-ignore ban-drop-constraint
drop constraint kind_is_a_plain_word,
-- squawk-ignore ban-drop-constraint
drop constraint only_keyed_jobs_are_held,
-- squawk-ignore ban-drop-constraint
drop constraint only_running_jobs_await_their_cancel,
-- squawk-ignore ban-drop-constraint
drop constraint only_running_jobs_have_a_worker,
-- squawk-ignore ban-drop-constraint
drop constraint progress_is_short,
-- squawk-ignore ban-drop-constraint
drop constraint put_off_until_is_a_sane_date,
-- squawk-ignore ban-drop-constraint
drop constraint queue_is_a_plain_word,
-- squawk-ignore ban-drop-constraint
drop constraint run_at_is_a_sane_date,
-- squawk-ignore ban-drop-constraint
drop constraint running_jobs_have_been_claimed,
-- squawk-ignore ban-drop-constraint
drop constraint tokens_stay_in_bounds,
-- squawk-ignore ban-drop-constraint
drop constraint traceparent_is_w3c,
-- squawk-ignore ban-drop-constraint
drop constraint unique_key_is_short,
-- squawk-ignore ban-drop-constraint
drop constraint waiting_jobs_have_an_attempt_left;

create function fleet.refuse_unsound() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.is_sound(new);
    return null;
end
$$;

create trigger refuse_unsound_insert after insert on fleet.job
for each row when (new.state = 'running') execute function fleet.refuse_unsound();

create trigger refuse_unsound_update after update of
kind, queue, args, max_attempts, interruptions, unique_key, fair_key, traceparent, enqueued_at, run_at, progress,
cancel_requested_at, cancel_reason, put_off_until, crashes
on fleet.job
for each row when (new.state = 'running') execute function fleet.refuse_unsound();

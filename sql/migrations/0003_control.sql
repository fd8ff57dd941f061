-- Control over jobs and queues: cancelling what runs, bringing back what ended.

-- Used by jobs only once this is committed: a new value of a type may not be in use within its own transaction.
alter type fleet.attempt_outcome add value if not exists 'cancelled' after 'lost';
comment on type fleet.attempt_outcome is
    'failed: the handler raised. snoozed: it asked to run later. interrupted: its worker shut down. lost: its worker died. cancelled: its handler was stopped on request.';

alter table fleet.job
add column cancel_requested_at timestamptz,
add column cancel_reason text;
comment on column fleet.job.cancel_requested_at is
    'When somebody asked to cancel this running job. Its worker stops the handler; however the attempt then ends without success, the job ends as cancelled.';

-- True of every row there is, whose new columns are null; checking them all would keep the table locked.
alter table fleet.job
add constraint only_running_jobs_await_their_cancel check (cancel_requested_at is null or state = 'running') not valid,
add constraint a_cancel_reason_needs_a_cancel check (cancel_reason is null or cancel_requested_at is not null) not valid,
add constraint cancel_reason_is_short check (octet_length(cancel_reason) <= 1024) not valid,
add constraint cancel_requested_at_is_a_sane_date
check (cancel_requested_at between '2000-01-01 00:00Z' and '2200-01-01 00:00Z') not valid;

alter table fleet.job_history add column token integer;
comment on column fleet.job_history.token is
    'The last token of the job, so that none is issued again when fleet.retry brings it back; null for jobs that ended before this was kept.';

-- It brings one column more from now on, which a replacement in place may not.
-- squawk-ignore ban-drop-function
drop function if exists fleet.held_by(uuid);

create table fleet.queue (
    -- For fleet.claim and fleet.pause: whether a queue is paused.
    name text primary key,
    paused_at timestamptz,
    paused_by text,
    pause_reason text,
    resume_at timestamptz,

    constraint name_is_a_plain_word check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint a_pause_has_somebody_who_made_it check ((paused_at is null) = (paused_by is null)),
    constraint only_a_pause_has_a_reason_and_an_end check (paused_at is not null or (pause_reason is null and resume_at is null)),
    constraint a_pause_ends_after_it_began check (resume_at > paused_at),
    constraint pause_reason_is_short check (octet_length(pause_reason) <= 1024)
);
comment on table fleet.queue is 'What is set for a queue as a whole. A queue without a row is not paused.';
comment on column fleet.queue.paused_at is 'Nothing is claimed from the queue while this is set and resume_at has not passed.';
comment on column fleet.queue.paused_by is 'The database user who paused it, and the application.';
comment on column fleet.queue.resume_at is 'When the pause ends of itself; null: when somebody calls fleet.resume.';
-- For fleet.next_due: when a pause ends.
create index queue_resume on fleet.queue (resume_at) where resume_at is not null;

-- For fleet.queues: what finished in the last minute. Rows come in the order of their time, so this costs a write nothing.
-- squawk-ignore require-concurrent-index-creation
create index job_history_finished on fleet.job_history using brin (finished_at) with (autosummarize = on);
-- For fleet.failures and fleet.failures_of: jobs that failed or were lost. Other endings do not write it.
-- squawk-ignore require-concurrent-index-creation
create index job_history_failed on fleet.job_history (kind, finished_at) where outcome in ('failed', 'lost');

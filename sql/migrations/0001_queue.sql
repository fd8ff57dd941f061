-- The job queue: live jobs, finished jobs, the attempts that did not succeed, and the workers.
--
-- A live job is one row of fleet.job; finishing it moves the row to fleet.job_history, so the hot table stays small and
-- retention of history is dropping a day. Every transition is a function in sql/functions; docs/states.md draws them.

comment on schema fleet is 'The job queue. Work through its functions: \df+ fleet.*';
comment on table fleet.migration is 'What migrate has applied to this database, and the content it had.';

create type fleet.job_state as enum ('scheduled', 'arriving', 'held', 'ready', 'running');
comment on type fleet.job_state is
    'scheduled: run_at lies ahead. arriving, held: waiting for room under the limit of its key. ready: may be claimed. running: a worker has it.';

create type fleet.job_outcome as enum ('done', 'failed', 'cancelled', 'lost');
comment on type fleet.job_outcome is
    'done: the handler returned. failed: no attempt is left, or none would help. cancelled: on request. lost: its workers died as often as it may be tried.';

create type fleet.attempt_outcome as enum ('failed', 'snoozed', 'interrupted', 'lost');
comment on type fleet.attempt_outcome is
    'failed: the handler raised. snoozed: it asked to run later. interrupted: its worker shut down. lost: its worker died.';

create table fleet.kind (
    kind text primary key,
    queue text not null,
    max_attempts smallint not null,
    time_limit interval not null,
    unique_by text[] not null default '{}',
    defaults jsonb not null default '{}',

    constraint kind_is_a_plain_word check (kind ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint queue_is_a_plain_word check (queue ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint max_attempts_is_positive check (max_attempts between 1 and 1000),
    constraint time_limit_is_positive check (time_limit > interval '0')
);
comment on table fleet.kind is 'What a kind of job is by default. Written by migrate from the job types in the code.';
comment on column fleet.kind.unique_by is 'The arguments that make two live jobs of this kind the same job; empty: none are.';
comment on column fleet.kind.defaults is 'What an argument that is left out stands for when two jobs are compared.';

create table fleet.worker (
    id uuid primary key,
    service text not null,
    replica text not null,
    version text not null,
    pid integer not null,
    queues text[] not null,
    kinds text[] not null,
    started_at timestamptz not null,
    lease_until timestamptz not null
);
comment on table fleet.worker is 'Live workers, one row each. A worker whose lease ran out is dead: its jobs are rescued and its row goes.';

create table fleet.job (
    id bigint generated always as identity primary key,
    kind text not null,
    queue text not null,
    state fleet.job_state not null default 'ready',
    priority smallint not null default 0,
    args jsonb not null default '{}',
    attempt smallint not null default 0,
    max_attempts smallint not null default 3,
    interruptions smallint not null default 0,
    token integer not null default 0,
    unique_key text,
    fair_key text,
    traceparent text,
    worker uuid,
    enqueued_at timestamptz not null default clock_timestamp(),
    run_at timestamptz not null default clock_timestamp(),
    claimed_at timestamptz,
    progress jsonb,

    constraint kind_is_a_plain_word check (kind ~ '^[a-z][a-z0-9_]{0,62}$'),
    -- Bounded, because it is the payload of a notification, which must fit in 8000 bytes.
    constraint queue_is_a_plain_word check (queue ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint args_are_an_object check (jsonb_typeof(args) = 'object'),
    constraint args_fit_in_256_kib check (octet_length(args::text) <= 262144),
    constraint args_are_at_most_64_deep check (not jsonb_path_exists(args, 'strict $.**{65}')),
    constraint attempts_stay_in_bounds check (attempt between 0 and max_attempts and max_attempts between 1 and 1000),
    constraint unique_key_is_short check (octet_length(unique_key) between 1 and 1024),
    constraint fair_key_is_short check (octet_length(fair_key) between 1 and 256),
    constraint traceparent_is_w3c check (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'),
    constraint waiting_jobs_have_an_attempt_left check (state = 'running' or attempt < max_attempts),
    -- Low enough that no claim of the row overflows: that would fail the claim of every other job with it.
    constraint tokens_stay_in_bounds check (token between 0 and 1000000000),
    constraint interruptions_stay_in_bounds check (interruptions between 0 and 10000),
    constraint run_at_is_a_sane_date check (run_at between '2000-01-01 00:00Z' and '2200-01-01 00:00Z'),
    constraint enqueued_at_is_a_sane_date check (enqueued_at between '2000-01-01 00:00Z' and '2200-01-01 00:00Z'),
    constraint claimed_at_is_a_sane_date check (claimed_at between '2000-01-01 00:00Z' and '2200-01-01 00:00Z'),
    constraint only_running_jobs_have_a_worker
        check ((state = 'running') = (worker is not null) and (state = 'running') = (claimed_at is not null)),
    constraint running_jobs_have_been_claimed check (state <> 'running' or (attempt > 0 and token > 0)),
    constraint progress_is_short check (octet_length(progress::text) <= 4096)
)
-- Rows are rewritten at every claim; a live table this small is worth vacuuming early.
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
comment on table fleet.job is 'Live jobs. Change them through the functions of this schema; the checks refuse what cannot be.';
comment on column fleet.job.token is
    'Grows at every claim and whenever a claim ends unfinished, and is never given back: a write about a running job names (id, token), so one who lost the job writes nothing.';
comment on column fleet.job.attempt is 'Counted at the claim, so that a job which kills its worker runs out of attempts.';
comment on column fleet.job.interruptions is 'How often a shutdown cut an attempt short; such attempts are given back, up to a limit.';

-- For fleet.claim: the head of a queue, in the order it is worked off.
create index job_ready on fleet.job (queue, priority, id) where state = 'ready';
-- For fleet.promote and fleet.next_due: what falls due first.
create index job_scheduled on fleet.job (run_at, id) where state = 'scheduled';
-- For fleet.rescue and fleet.held_by: what a worker is running.
create index job_running on fleet.job (worker, id) where state = 'running';
-- For fleet.enqueue: at most one live job for a unique key.
create unique index job_unique on fleet.job (kind, unique_key) where unique_key is not null;

create table fleet.job_history (
    id bigint not null,
    kind text not null,
    queue text not null,
    outcome fleet.job_outcome not null,
    priority smallint not null,
    args jsonb not null,
    attempt smallint not null,
    max_attempts smallint not null,
    unique_key text,
    fair_key text,
    traceparent text,
    worker uuid,
    enqueued_at timestamptz not null,
    claimed_at timestamptz,
    finished_at timestamptz not null,
    result jsonb,
    error_class text,
    error_message text,

    -- For reading one job by its id; the day is part of it because partitions are days.
    primary key (id, finished_at),
    constraint only_failures_have_an_error check ((outcome in ('failed', 'lost')) = (error_class is not null)),
    constraint only_done_jobs_have_a_result check (outcome = 'done' or result is null)
) partition by range (finished_at);
comment on table fleet.job_history is 'Finished jobs, one partition a day; dropping a day is the retention of history.';

create table fleet.job_history_default partition of fleet.job_history default;
comment on table fleet.job_history_default is 'Catches jobs of a day that has no partition yet, so that finishing never fails for want of one.';

create table fleet.attempt (
    job_id bigint not null,
    token integer not null,
    attempt smallint not null,
    outcome fleet.attempt_outcome not null,
    worker uuid,
    started_at timestamptz,
    ended_at timestamptz not null,
    error_class text,
    error_message text,

    -- For the story of one job.
    primary key (job_id, token, ended_at),
    constraint failures_have_an_error check (outcome not in ('failed', 'lost') or error_class is not null)
) partition by range (ended_at);
comment on table fleet.attempt is 'The attempts that did not succeed: the story of a job. Kept by day, like the history.';

create table fleet.attempt_default partition of fleet.attempt default;
comment on table fleet.attempt_default is 'Catches attempts of a day that has no partition yet.';

-- Tasks that a platform's cron starts: a record of every run; and for how long what nobody has a plan for is kept.

create table fleet.cron_run (
    task text not null,
    id bigint generated always as identity,
    every interval not null,
    dry_run boolean not null,
    version text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text,
    since_success interval,
    missed integer not null,
    counts jsonb not null default '{}',
    error_class text,

    -- For fleet.begin_cron_run and fleet.cron: the runs of a task, the newest first.
    primary key (task, id),
    constraint task_is_a_plain_word check (task ~ '^[a-z][a-z0-9-]{0,62}$'),
    constraint every_is_positive check (every > interval '0'),
    constraint outcome_is_known check (outcome in ('done', 'partial', 'failed', 'skipped')),
    constraint only_ended_runs_have_an_outcome check ((outcome is null) = (ended_at is null)),
    constraint only_failed_runs_have_an_error check (error_class is null or outcome = 'failed'),
    constraint counts_are_a_small_object check (jsonb_typeof(counts) = 'object' and octet_length(counts::text) <= 16384)
);
comment on table fleet.cron_run is
    'What each run of a cron task did. One without an end is under way, or was killed: fleet.cron tells which.';
comment on column fleet.cron_run.every is 'How often its cron was to start it, as this run knew it.';
comment on column fleet.cron_run.outcome is
    'done: all of it. partial: the next run goes on. failed: an error ended it. skipped: another run was under way.';
comment on column fleet.cron_run.since_success is 'When this run started: how long ago the last one started that was done.';
comment on column fleet.cron_run.missed is 'How many times a run should have been done since then, and was not.';
comment on column fleet.cron_run.counts is 'What it did, by step; of a dry run, what it would have done.';

create table app.retention_policy (
    what text primary key,
    days integer,

    constraint what_is_known check (what in ('jobs', 'workers', 'cron_runs')),
    constraint days_are_a_number_of_days check (days between 1 and 36500)
);
comment on table app.retention_policy is
    'For how many days is kept what no user''s plan decides about (app.plans does about the rest). Edit it here.';
comment on column app.retention_policy.days is 'Null, or no row: for ever.';

insert into app.retention_policy (what, days) values ('jobs', 30), ('workers', 7), ('cron_runs', 90);

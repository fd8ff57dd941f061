-- What people do to jobs and queues is on record, whatever tool they do it with.

create table fleet.operator_action (
    -- For reading them by number, the newest first.
    id bigint generated always as identity primary key,
    at timestamptz not null,
    who text not null,
    session text not null,
    what text not null,
    why text not null,
    jobs bigint[] not null,
    count integer not null,
    details jsonb not null,

    constraint who_is_short check (octet_length(who) between 1 and 256),
    constraint what_is_a_plain_word check (what ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint why_is_short check (octet_length(why) between 1 and 1024),
    constraint jobs_are_a_thousand_at_most check (cardinality(jobs) <= 1000),
    constraint count_is_not_negative check (count >= 0),
    constraint details_are_a_small_object check (jsonb_typeof(details) = 'object' and octet_length(details::text) <= 16384)
);
comment on table fleet.operator_action is 'What people did to jobs and queues: who, why, to which jobs. Written by fleet.record_action.';
comment on column fleet.operator_action.who is 'Who acted, as their tool says; the session says who the database knows them as.';
comment on column fleet.operator_action.session is 'The database user, and the application.';
comment on column fleet.operator_action.what is 'What was done, as the function that did it is called: cancel, retry, pause.';
comment on column fleet.operator_action.jobs is 'The first thousand of the jobs.';
comment on column fleet.operator_action.count is 'How many jobs there were.';

-- What has ended, summed up, so that a picture of a month needs no look at the month's jobs. Written by fleet.roll_up.

create table fleet.job_minute (
    at timestamptz not null,
    queue text not null,
    kind text not null,
    outcome fleet.job_outcome not null,
    jobs bigint not null,
    waited double precision not null,
    ran double precision not null,
    waits bigint[] not null,
    runs bigint[] not null,

    -- For the pictures of the dashboard, and for fleet.delete_rollups: a span of time.
    primary key (at, queue, kind, outcome)
);
comment on table fleet.job_minute is 'How many jobs ended in each minute, and how long they took.';
comment on column fleet.job_minute.waited is 'Seconds from enqueue to the claim of the last attempt, of all of them.';
comment on column fleet.job_minute.ran is 'Seconds from that claim to the end, of all of them.';
comment on column fleet.job_minute.waits is
    'How many of them waited for how long: under 2, 4, 8 … milliseconds, doubling; the 24th for everything beyond.';
comment on column fleet.job_minute.runs is 'The same of how long they ran.';

create table fleet.job_hour (
    at timestamptz not null,
    queue text not null,
    kind text not null,
    outcome fleet.job_outcome not null,
    jobs bigint not null,
    waited double precision not null,
    ran double precision not null,
    waits bigint[] not null,
    runs bigint[] not null,

    -- For the pictures of the dashboard, and for fleet.delete_rollups: a span of time.
    primary key (at, queue, kind, outcome)
);
comment on table fleet.job_hour is 'As fleet.job_minute, by the hour; kept for longer.';

create table fleet.failure_hour (
    at timestamptz not null,
    kind text not null,
    error_class text not null,
    sentence text not null,
    jobs bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    sample_id bigint not null,

    -- For fleet.roll_up, and for when an error was first seen.
    primary key (kind, error_class, sentence, at)
);
comment on table fleet.failure_hour is
    'What failed or was lost in each hour, by kind, class and sentence of the error; a job of it to look at.';
comment on column fleet.failure_hour.sentence is 'The first line of the message, without its facts and numbers.';
-- For the failures of a span of time, for fleet.roll_up, and for fleet.delete_rollups.
create index failure_hour_at on fleet.failure_hour (at, kind);

create table fleet.depth_minute (
    at timestamptz not null,
    queue text not null,
    ready bigint not null,
    scheduled bigint not null,
    held bigint not null,
    running bigint not null,
    oldest_wait interval,

    -- For the pictures of the dashboard, and for fleet.delete_rollups: a span of time.
    primary key (at, queue)
);
comment on table fleet.depth_minute is 'How many jobs of each queue were in which state, looked at once a minute.';

create table fleet.rollup (
    only_row boolean primary key default true check (only_row),
    system bigint not null,
    from_xid xid8 not null,
    since timestamptz not null,
    mark_xid xid8 not null,
    mark_at timestamptz not null,
    to_xid xid8,
    cursor_at timestamptz,
    began_at timestamptz,
    moved xid8[] not null default '{}',
    counted_at timestamptz,

    constraint a_pass_has_all_its_parts check ((to_xid is null) = (cursor_at is null) and (to_xid is null) = (began_at is null))
);
comment on table fleet.rollup is 'How far fleet.roll_up has come; sql/functions/roll_up.sql says how it counts.';
comment on column fleet.rollup.system is 'The server whose transactions these are: in a restored database they mean nothing.';
comment on column fleet.rollup.from_xid is 'What older transactions wrote is counted.';
comment on column fleet.rollup.since is 'Nothing that is yet to be counted ended earlier.';
comment on column fleet.rollup.mark_xid is 'This transaction and younger ones began to write after mark_at.';
comment on column fleet.rollup.to_xid is 'Of the pass under way: what older transactions wrote is counted as far as cursor_at.';
comment on column fleet.rollup.moved is 'Transactions that moved rows from the default partition, having seen to their count.';
comment on column fleet.rollup.counted_at is 'When the last pass began that is over.';

insert into fleet.rollup (system, from_xid, since, mark_xid, mark_at)
select
    control.system_identifier, '0', coalesce((select min(finished_at) from fleet.job_history), now()),
    pg_current_xact_id(), now()
from pg_control_system() as control;

-- Workers say what they have room for, and their keepers how much memory they take.

alter table fleet.worker
add column slots integer[],
add column memory bigint;
comment on column fleet.worker.slots is 'How many jobs it runs at once of each of its queues, in their order; null: it did not say.';
comment on column fleet.worker.memory is 'How many bytes of it were in memory when its lease was last renewed; null: nobody could tell.';

alter table app.retention_policy
-- squawk-ignore ban-drop-constraint
drop constraint what_is_known,
-- True of the few rows there are.
-- squawk-ignore constraint-missing-not-valid
add constraint what_is_known check (what in ('jobs', 'workers', 'cron_runs', 'minutes', 'hours', 'actions'));
insert into app.retention_policy (what, days) values ('minutes', 14), ('hours', 400), ('actions', 400);

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

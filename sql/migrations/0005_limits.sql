-- Fairness and limits over the whole fleet: how many jobs of one key, and of one queue, may be under way, and how fast.

alter table fleet.kind
add column fair_by text,
add column retry_share real not null default 0.2,
add column retries_per_minute integer not null default 60,
-- squawk-ignore constraint-missing-not-valid
add constraint retry_share_is_a_share check (retry_share between 0 and 1),
-- squawk-ignore constraint-missing-not-valid
add constraint retries_per_minute_are_some check (retries_per_minute between 1 and 1000000);
comment on column fleet.kind.fair_by is 'The argument whose value is the fair key of a job of this kind; null: its jobs have none.';
comment on column fleet.kind.retry_share is 'How many retries each success of the kind pays for.';
comment on column fleet.kind.retries_per_minute is 'How many retries of the kind a minute pays for, whatever succeeds.';

alter table fleet.job
add column awaited boolean not null default false,
-- True of every row there is: nothing was ever held.
add constraint only_keyed_jobs_are_held check (state <> 'held' or fair_key is not null) not valid;
comment on column fleet.job.awaited is 'Somebody waits for the end of this job: whatever ends it sends its id to fleet_ended.';
comment on column fleet.job.fair_key is
    'Whose job it is, such as a tenant: fleet.limit_keys bounds how many jobs of one key are ready or running in a queue.';

-- For fleet.admit: what wants to be ready, in the order it came.
-- squawk-ignore require-concurrent-index-creation
create index job_arriving on fleet.job (id) where state = 'arriving';
-- For fleet.admit_held: what waits for its key's turn, in the order in which it gets it.
-- squawk-ignore require-concurrent-index-creation
create index job_held on fleet.job (queue, fair_key, priority, id) where state = 'held';
-- For fleet.key_room: how many jobs of a key are ready or running.
-- squawk-ignore require-concurrent-index-creation
create index job_active on fleet.job (queue, fair_key) where fair_key is not null and state in ('ready', 'running');

create table fleet.key_limit (
    queue text not null,
    tier text not null,
    max_active integer,

    -- For fleet.key_room: the limit of a tier.
    primary key (queue, tier),
    constraint queue_is_a_plain_word check (octet_length(queue) <= 63 and queue ~ '^[a-z][a-z0-9_]*$'),
    constraint tier_is_a_plain_word check (octet_length(tier) <= 63 and tier ~ '^[a-z][a-z0-9_]*$'),
    constraint max_active_is_positive check (max_active > 0)
);
comment on table fleet.key_limit is
    'How many jobs of one fair key may be ready or running in a queue, by the tier of the key. A queue without rows limits no key.';
comment on column fleet.key_limit.tier is 'The tier default is for keys of no tier, and of one that the queue has no row for.';
comment on column fleet.key_limit.max_active is 'Null: keys of this tier have no limit.';

create table fleet.key_tier (
    -- For fleet.key_room: the tier of a key.
    fair_key text primary key,
    tier text not null,

    constraint tier_is_a_plain_word check (octet_length(tier) <= 63 and tier ~ '^[a-z][a-z0-9_]*$')
);
comment on table fleet.key_tier is 'Which tier a fair key is of; keys without a row are of the tier default.';

create table fleet.freed_key (
    queue text not null,
    fair_key text not null
)
-- Rows live for moments.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
comment on table fleet.freed_key is
    'Keys that may have room, noted by those who could not look themselves; the next claim looks, and takes the note away.';

alter table fleet.queue
add column max_running integer,
add column rate_jobs integer,
add column rate_per interval,
add column rate_burst integer,
add column ageing interval,
-- True of every row there is, whose new columns are null.
add constraint max_running_is_not_negative check (max_running >= 0) not valid,
add constraint a_rate_has_all_its_parts
check ((rate_jobs is null) = (rate_per is null) and (rate_jobs is null) = (rate_burst is null)) not valid,
add constraint a_rate_is_positive
check (rate_jobs > 0 and rate_per > interval '0' and rate_per <= interval '31 days' and rate_burst > 0) not valid,
add constraint ageing_is_positive check (ageing > interval '0') not valid;
comment on column fleet.queue.max_running is 'How many jobs of the queue may run at once in the whole fleet; null: any number.';
comment on column fleet.queue.rate_jobs is 'How many jobs of the queue may begin in each rate_per, over the whole fleet; null: any number.';
comment on column fleet.queue.rate_burst is 'How many jobs may begin at once after a quiet while.';
comment on column fleet.queue.ageing is
    'How long a job may wait behind more urgent ones before it gets a share of the claims; null: five minutes.';

create table fleet.meter (
    -- For fleet.allot: what a queue has used of its rate.
    queue text primary key,
    tokens double precision not null default 'infinity',
    counted_at timestamptz not null
);
comment on table fleet.meter is
    'One row for each limited queue: how many jobs may begin at once, as of counted_at. Its lock is held by whoever claims within the limits.';

comment on column fleet.meter.tokens is 'Infinity while nothing has been counted: a rate begins with a full burst.';

create table fleet.sweep (
    only_row boolean primary key default true check (only_row),
    swept_at timestamptz not null,
    after_queue text not null default '',
    after_key text not null default ''
);
comment on table fleet.sweep is 'When claims last looked through the held keys for room that nobody noted, and how far they came.';
insert into fleet.sweep (swept_at) values ('2000-01-01 00:00Z');

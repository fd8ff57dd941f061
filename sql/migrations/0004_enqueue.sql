-- Enqueuing: how far a unique key reaches, and how deep a queue may get.

create type fleet.unique_scope as enum ('waiting', 'active');
comment on type fleet.unique_scope is
    'Which jobs may not share a unique key. waiting: those that wait, so that while one runs another may wait. active: also the running one.';

alter table fleet.kind add column unique_scope fleet.unique_scope not null default 'active';
comment on column fleet.kind.unique_scope is 'How far the unique key of a job of this kind reaches.';

alter table fleet.job add column unique_scope fleet.unique_scope default 'active';
comment on column fleet.job.unique_scope is
    'How far the unique key reaches; null: nowhere any more, because the job went back while another waited under its key.';

-- Live jobs are few, so the indexes are built while the table is locked: no moment is without one of them.
-- squawk-ignore require-concurrent-index-deletion
drop index fleet.job_unique;
-- For fleet.enqueue: at most one live job for a unique key.
-- squawk-ignore require-concurrent-index-creation
create unique index job_unique on fleet.job (kind, unique_key) where unique_key is not null and unique_scope = 'active';
-- For fleet.enqueue: at most one waiting job for a unique key.
-- squawk-ignore require-concurrent-index-creation
create unique index job_unique_waiting on fleet.job (kind, unique_key)
where unique_key is not null and unique_scope = 'waiting' and state <> 'running';

-- The function of the release before names an index that is gone; until it is replaced, a moment from now, it does without.
do $$
declare
    v_enqueue regprocedure := to_regprocedure(
        'fleet.enqueue(text, jsonb, text, interval, timestamptz, integer, integer, text, text)'
    );
begin
    if v_enqueue is not null then
        execute replace(
            pg_get_functiondef(v_enqueue),
            'on conflict (kind, unique_key) where unique_key is not null do nothing',
            'on conflict do nothing'
        );
    end if;
end
$$;

create table fleet.queue_depth_limit (
    queue text primary key,
    max_waiting integer not null,

    constraint queue_is_a_plain_word check (queue ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint max_waiting_is_not_negative check (max_waiting >= 0)
);
comment on table fleet.queue_depth_limit is
    'How many jobs may wait in a queue before more are refused. A queue without a row takes any number.';

-- For fleet.refuse_above_depth: what waits in a queue without being ready, which job_ready counts already.
-- squawk-ignore require-concurrent-index-creation
create index job_waiting on fleet.job (queue) where state in ('scheduled', 'arriving', 'held');

-- The same rules in words that cost a tenth: a bound inside a regular expression takes 4 µs to match, in every insert and
-- update of a row, and length and like say it as well.
alter table fleet.job
    -- squawk-ignore ban-drop-constraint
    drop constraint kind_is_a_plain_word,
    -- squawk-ignore constraint-missing-not-valid
    add constraint kind_is_a_plain_word check (octet_length(kind) <= 63 and kind ~ '^[a-z][a-z0-9_]*$'),
    -- squawk-ignore ban-drop-constraint
    drop constraint queue_is_a_plain_word,
    -- Bounded, because it is the payload of a notification, which must fit in 8000 bytes.
    -- squawk-ignore constraint-missing-not-valid
    add constraint queue_is_a_plain_word check (octet_length(queue) <= 63 and queue ~ '^[a-z][a-z0-9_]*$'),
    -- squawk-ignore ban-drop-constraint
    drop constraint traceparent_is_w3c,
    -- squawk-ignore constraint-missing-not-valid
    add constraint traceparent_is_w3c check (
        traceparent like '00-________________________________-________________-__'
        and traceparent ~ '^00-[0-9a-f]*-[0-9a-f]*-[0-9a-f]*$'
    );

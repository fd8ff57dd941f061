-- Language models: what they answered, what each request took, and what was spent in a month.

create table app.model_answers (
    codebase_id bigint not null references app.codebases (id) on delete cascade,
    key bytea not null,
    answer text[] not null,
    used_at timestamptz not null,

    -- For specgen/known_answers: what a model has said already.
    primary key (codebase_id, key),
    constraint key_is_a_hash check (octet_length(key) = 32),
    constraint an_answer_says_something check (cardinality(answer) between 1 and 2)
);
comment on table app.model_answers is
    'What a language model said of one test, or of one table of contents: kept as soon as it was paid for, so that nothing is paid for twice.';
comment on column app.model_answers.key is
    'A hash of the question: its task, the model, the language, the version of the prompts, and the test by path, suites and name.';
comment on column app.model_answers.answer is 'The domain and the feature of a test; or its sentence; or an overview.';
comment on column app.model_answers.used_at is 'To the day: when a document was last written with it.';
-- For retention/old_model_answers: answers by when they were last of use.
create index model_answers_age on app.model_answers (used_at);

create table app.model_requests (
    id bigint generated always as identity primary key,
    job_id bigint not null,
    job_token integer not null,
    user_id bigint,
    task text not null,
    model text not null,
    tokens_in bigint not null,
    tokens_out bigint not null,
    cost numeric not null,
    outcome text,
    started_at timestamptz not null,
    ended_at timestamptz,

    constraint outcome_is_known check (
        outcome in ('answered', 'unreadable', 'withheld', 'cut', 'refused', 'busy', 'failed', 'unknown')
    ),
    constraint only_ended_requests_have_an_outcome check ((outcome is null) = (ended_at is null)),
    constraint nothing_is_earned check (tokens_in >= 0 and tokens_out >= 0 and cost >= 0)
);
comment on table app.model_requests is
    'The ledger: one row for each request to a language model, written before it is sent. Nothing of what was asked or answered is in it.';
comment on column app.model_requests.job_id is 'With job_token: the attempt that asked.';
comment on column app.model_requests.user_id is 'For whom; null for nobody in particular. They may be gone by now.';
comment on column app.model_requests.tokens_in is
    'With tokens_out and cost: until it has ended the most that it can take, then what the provider counted.';
comment on column app.model_requests.outcome is
    'Null while it is under way. unknown: whether it was answered, and paid for, nobody can tell; it counts at its most.';
-- For specgen/spent_by_job and specgen/abandon_requests: the requests of a job.
create index model_requests_job on app.model_requests (job_id);
-- For retention/old_model_requests: requests by age.
create index model_requests_age on app.model_requests (started_at);

create table app.model_months (
    -- For specgen/hold_month: what was spent in a month.
    month date primary key,
    tokens bigint not null default 0,
    cost numeric not null default 0,

    constraint a_month_begins_on_its_first check (extract(day from month) = 1),
    constraint nothing_is_earned check (tokens >= 0 and cost >= 0)
);
comment on table app.model_months is
    'What language models took in each month (UTC), what is under way included at its most. Its row is locked to reserve and to settle.';

-- False of every row there is: none was written with a model.
alter table app.document_features add column stand_in boolean not null default false;
comment on column app.document_features.stand_in is
    'The model failed for some of it, and the names of the tests stand in; a later run asks again.';

-- Only to know more words.
-- squawk-ignore ban-drop-constraint
alter table app.retention_policy drop constraint what_is_known;
-- True of every row there is.
alter table app.retention_policy add constraint what_is_known
check (
    what in ('jobs', 'workers', 'cron_runs', 'minutes', 'hours', 'actions', 'model_answers', 'model_requests')
) not valid;
insert into app.retention_policy (what, days) values ('model_answers', 90), ('model_requests', 400);

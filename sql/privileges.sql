-- privileges: who may do what in this database; nobody else may do anything.
--
-- Applied by migrate, last and in the transaction that replaced functions, where sql/roles.sql was run: replacing a function
-- forgets what it is run as, and a function or table that is new belongs to whoever made it. Takes everything away first,
-- so that this file is all there is to read. A function that is in no list below can be called by its owner alone. Locks
-- what changes its owner.

-- The queue belongs to a role that can do nothing outside of it; the application's tables belong to migrate.
do $$
declare
    v_object record;
begin
    for v_object in
        with kept as (
            select nspname, oid, case nspname when 'fleet' then 'fleet_owner'::regrole else 'fleet_migrate'::regrole end as owner
            from pg_namespace where nspname in ('fleet', 'app')
        )
        select format('schema %I', kept.nspname) as named, kept.owner, 1 as step
        from kept join pg_namespace as own on own.oid = kept.oid where own.nspowner <> kept.owner
        union all
        -- Indexes, partitions' too, and the sequences of identity columns go with their table.
        select format('%s %s', case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, class.oid::regclass),
               kept.owner, 2
        from kept join pg_class as class on class.relnamespace = kept.oid
        where class.relkind in ('r', 'p', 'v', 'S') and class.relowner <> kept.owner
            and not exists (select from pg_depend where objid = class.oid and classid = 'pg_class'::regclass and deptype = 'i' and class.relkind = 'S')
        union all
        select format('type %s', type.oid::regtype), kept.owner, 2
        from kept join pg_type as type on type.typnamespace = kept.oid
        where type.typtype in ('e', 'd') and type.typowner <> kept.owner
        union all
        select format('function %s', proc.oid::regprocedure), kept.owner, 2
        from kept join pg_proc as proc on proc.pronamespace = kept.oid where proc.proowner <> kept.owner
        order by step
    loop
        execute format('alter %s owner to %s', v_object.named, v_object.owner);
    end loop;
end
$$;

alter default privileges for role fleet_owner, fleet_migrate revoke execute on functions from public;
alter default privileges for role fleet_owner, fleet_migrate revoke usage on types from public;

do $$
declare
    v_everybody constant text :=
        'public, fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_enqueue, fleet_operator, fleet_monitor';
    v_schema text;
    v_type regtype;
begin
    foreach v_schema in array '{fleet, app}'::text[] loop
        execute format('revoke all on schema %I from %s', v_schema, v_everybody);
        execute format('revoke all on all tables in schema %I from %s', v_schema, v_everybody);
        execute format('revoke all on all sequences in schema %I from %s', v_schema, v_everybody);
        execute format('revoke all on all functions in schema %I from %s', v_schema, v_everybody);
    end loop;
    for v_type in
        select oid from pg_type where typnamespace in ('fleet'::regnamespace, 'app'::regnamespace) and typtype in ('e', 'd')
    loop
        execute format('revoke all on type %s from %s', v_type, v_everybody);
    end loop;
end
$$;

-- The functions of the queue. A definer works on the queue's tables as their owner, which its callers cannot; an invoker
-- needs no table, or is called by definers only. Every function has a line here, and says who calls it.
do $$
declare
    v_function record;
begin
    for v_function in
        select proc.oid::regprocedure as signature, listed.security, listed.callers
        from (values
            -- whoever enqueues
            ('enqueue', 'definer', 'fleet_enqueue, fleet_operator'),
            ('enqueue_many', 'definer', 'fleet_enqueue, fleet_operator'),

            -- workers
            ('register_worker', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('renew_lease', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('retire_worker', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('bury_worker', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('claim', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('next_due', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('fall_asleep', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('stay_awake', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('held_by', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('locked', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('report_progress', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('finish', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('fail', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('snooze', 'definer', 'fleet_analyzer, fleet_spec_generator'),
            ('release', 'definer', 'fleet_analyzer, fleet_spec_generator'),

            -- what jobs ask of others
            ('take_token', 'definer', 'fleet_spec_generator, fleet_operator'),

            -- the cleanup
            ('make_partitions', 'definer', 'fleet_retention_cleanup'),
            ('drop_partition', 'definer', 'fleet_retention_cleanup'),
            ('delete_strays', 'definer', 'fleet_retention_cleanup'),
            ('delete_workers', 'definer', 'fleet_retention_cleanup'),
            ('delete_cron_runs', 'definer', 'fleet_retention_cleanup'),
            ('delete_rollups', 'definer', 'fleet_retention_cleanup'),
            ('count_expired', 'definer', 'fleet_retention_cleanup'),
            ('cleanup_due', 'definer', 'fleet_retention_cleanup'),

            -- tasks that a cron starts, which have the cleanup's role; people start them too
            ('begin_cron_run', 'definer', 'fleet_retention_cleanup, fleet_operator'),
            ('end_cron_run', 'definer', 'fleet_retention_cleanup, fleet_operator'),

            -- people who control jobs and queues
            ('cancel', 'definer', 'fleet_operator'),
            ('retry', 'definer', 'fleet_operator'),
            ('reschedule', 'definer', 'fleet_operator'),
            ('reprioritise', 'definer', 'fleet_operator'),
            ('move', 'definer', 'fleet_operator'),
            ('pause', 'definer', 'fleet_operator'),
            ('resume', 'definer', 'fleet_operator'),
            ('limit_depth', 'definer', 'fleet_operator'),
            ('limit_queue', 'definer', 'fleet_operator'),
            ('limit_rate', 'definer', 'fleet_operator'),
            ('limit_keys', 'definer', 'fleet_operator'),
            ('assign_tier', 'definer', 'fleet_operator'),
            ('set_ageing', 'definer', 'fleet_operator'),
            ('admit', 'definer', 'fleet_operator'),
            ('sweep_keys', 'definer', 'fleet_operator'),
            ('sweep_workers', 'definer', 'fleet_operator'),
            ('promote', 'definer', 'fleet_operator'),
            ('rescue', 'definer', 'fleet_operator'),
            ('forgive', 'definer', 'fleet_operator'),
            ('record_action', 'definer', 'fleet_operator'),
            -- Whoever shows the sums brings them up to date, and whoever is about to drop a day of what they sum up.
            ('roll_up', 'definer', 'fleet_retention_cleanup, fleet_operator'),

            -- people and programs that look: reasons and stories repeat what errors said, so monitors do not get them
            ('story', 'definer', 'fleet_operator'),
            ('why', 'definer', 'fleet_operator'),
            ('failures_of', 'definer', 'fleet_operator'),
            ('key_room', 'definer', 'fleet_operator'),
            ('sentence_of', 'invoker', 'fleet_operator'),
            -- Its end is read from the history, which repeats what errors said too.
            ('await_end', 'definer', 'fleet_operator'),
            ('state_of', 'definer', 'fleet_operator, fleet_monitor'),
            ('health', 'definer', 'fleet_operator, fleet_monitor'),
            ('recommended_replicas', 'definer', 'fleet_operator, fleet_monitor'),
            -- What collects metrics asks each worker, and each worker the database.
            ('gauges', 'definer', 'fleet_analyzer, fleet_spec_generator, fleet_operator, fleet_monitor'),
            -- Views call these as whoever asks the view.
            ('is_paused', 'definer', 'fleet_operator, fleet_monitor'),
            ('retry_balance', 'invoker', 'fleet_operator, fleet_monitor'),
            ('now', 'invoker', 'fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_operator, fleet_monitor'),
            ('moved_clock', 'invoker',
             'fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_operator, fleet_monitor'),

            -- triggers, which need no right to be called: as definers they serve whoever may write to the table
            ('announce_jobs', 'definer', null),
            ('refuse_unsound', 'definer', null),
            ('keep_worker_with_jobs', 'definer', null),

            -- migrate alone
            ('declare_kind', 'invoker', null),

            -- called by the functions above
            ('admit_held', 'invoker', null),
            ('allot', 'invoker', null),
            ('quarantine', 'invoker', null),
            ('claim_alone', 'invoker', null),
            ('check_batch', 'invoker', null),
            ('check_request', 'invoker', null),
            ('check_values', 'invoker', null),
            ('is_sound', 'invoker', null),
            ('close_attempts', 'invoker', null),
            ('count_ended', 'invoker', null),
            ('count_moving', 'invoker', null),
            ('end_jobs', 'invoker', null),
            ('fair_key_of', 'invoker', null),
            ('free_keys', 'invoker', null),
            ('give_up_keys', 'invoker', null),
            ('lock_jobs', 'invoker', null),
            ('lock_keys', 'invoker', null),
            ('longest_waiting', 'invoker', null),
            ('make_room', 'invoker', null),
            ('mark_moved', 'invoker', null),
            ('new_traceparent', 'invoker', null),
            ('put_back', 'invoker', null),
            ('refuse_above_depth', 'invoker', null),
            ('renew_waiting', 'invoker', null),
            ('require_kind', 'invoker', null),
            ('sample_depths', 'invoker', null),
            ('spread', 'invoker', null),
            ('spend', 'invoker', null),
            ('spend_retries', 'invoker', null),
            ('tokens_of', 'invoker', null),
            ('unique_key_of', 'invoker', null),
            ('wake', 'invoker', null),
            ('why_finished', 'invoker', null),
            ('why_queue', 'invoker', null),
            ('why_running', 'invoker', null),
            ('why_waiting', 'invoker', null)
        ) as listed (name, security, callers)
        join pg_proc as proc on proc.proname = listed.name and proc.pronamespace = 'fleet'::regnamespace
    loop
        execute format('alter function %s security %s', v_function.signature, v_function.security);
        if v_function.callers is not null then
            execute format('grant execute on function %s to %s', v_function.signature, v_function.callers);
        end if;
    end loop;
end
$$;

grant usage on schema fleet to
fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_enqueue, fleet_operator, fleet_monitor;
grant usage on schema app to fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_operator;

-- Whether the database is at the schema of a process.
grant select (name, digest) on fleet.migration to
fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_monitor;

-- Views show what their owner may see; a condition that a caller adds is not tried on rows that they leave out.
do $$
declare
    v_view regclass;
begin
    for v_view in
        select oid from pg_class where relnamespace in ('fleet'::regnamespace, 'app'::regnamespace) and relkind = 'v'
    loop
        execute format('alter view %s set (security_barrier = true)', v_view);
    end loop;
end
$$;
grant select on fleet.queues, fleet.running, fleet.failures, fleet.keys, fleet.retries, fleet.cron to fleet_operator, fleet_monitor;

-- Whoever is to judge a job has to see its arguments and its result.
grant select on
fleet.job, fleet.job_history, fleet.attempt, fleet.worker, fleet.queue, fleet.kind, fleet.queue_depth_limit, fleet.key_limit,
fleet.key_tier, fleet.retry_budget, fleet.cron_run, fleet.operator_action, fleet.migration,
fleet.job_minute, fleet.job_hour, fleet.failure_hour, fleet.depth_minute, fleet.rollup
to fleet_operator;

-- Inventories and documents, to be read and compared; of users no more than the number of whose document it is.
grant select (id, host, owner, repo, private) on app.codebases to fleet_operator;
grant select on app.analyses, app.test_files, app.test_suites, app.test_cases to fleet_operator;
grant
select (
    id, codebase_id, analysis_id, user_id, language, version, model, prompt_version, overview, created_at, removed_at
)
on app.documents to fleet_operator;
grant select on app.document_domains, app.document_features, app.document_behaviours to fleet_operator;
grant select on app.latest_analysis, app.test_counts to fleet_operator;
grant execute on function
app.tests_of(bigint), app.find_tests(bigint, text, integer), app.words_of(text), app.compare_analyses(bigint, bigint),
app.behaviours_of(bigint), app.compare_documents(bigint, bigint)
to fleet_operator;

-- Where a right to update is said to be for a lock, it is because PostgreSQL lets nobody lock a row who could not update some
-- column of it; the column is one that nothing rests on.

-- analyzer
grant select (id, plan) on app.users to fleet_analyzer;
grant select (name, retention_days) on app.plans to fleet_analyzer;
grant select (user_id, provider, access_token) on app.oauth_accounts to fleet_analyzer;
grant
select (id, host, owner, repo, private, external_id, seen_at),
insert (host, owner, repo, private, external_id, seen_at),
update (owner, repo, private, external_id, seen_at)
on app.codebases to fleet_analyzer;
grant
select,
insert (codebase_id, commit, parser_version, userless, job_id, job_token, started_at),
update (job_id, job_token, started_at, userless, completed_at, candidates, files, tests, phases)
on app.analyses to fleet_analyzer;
-- Which job writes an inventory, and whether it still does.
grant select (id, token, state) on fleet.job to fleet_analyzer;
grant select (analysis_id), insert, delete on app.test_files to fleet_analyzer;
-- To delete: with their files, by a trigger.
grant select (analysis_id, file), insert, delete on app.test_suites, app.test_cases to fleet_analyzer;
grant select (user_id, analysis_id), insert (user_id, analysis_id, retention_days)
on app.user_analysis_history to fleet_analyzer;

-- spec-generator
grant select (id, plan) on app.users to fleet_spec_generator;
grant select (name, retention_days) on app.plans to fleet_spec_generator;
-- created_at, phases: for a lock.
grant select (id, host, owner, repo, private), update (created_at) on app.codebases to fleet_spec_generator;
grant select (id, codebase_id, commit, completed_at, tests), update (phases) on app.analyses to fleet_spec_generator;
grant select on app.test_files, app.test_suites, app.test_cases to fleet_spec_generator;
grant
select,
insert (
    codebase_id, analysis_id, user_id, language, version, model, prompt_version, content_hash, overview, retention_days
),
update (created_at, retention_days)
on app.documents to fleet_spec_generator;
grant select, insert on app.document_domains, app.document_features, app.document_behaviours to fleet_spec_generator;
-- Whether a user may see an analysis.
grant select (user_id, analysis_id) on app.user_analysis_history to fleet_spec_generator;
grant select, insert, update (used_at) on app.model_answers to fleet_spec_generator;
grant
select,
insert (job_id, job_token, user_id, task, model, tokens_in, tokens_out, cost, started_at),
update (tokens_in, tokens_out, cost, outcome, ended_at)
on app.model_requests to fleet_spec_generator;
grant select, insert (month), update (tokens, cost) on app.model_months to fleet_spec_generator;

-- retention-cleanup: no texts, only what tells how old things are and what they belong to
grant select (id) on fleet.job to fleet_retention_cleanup;
grant select on app.awaited_analyses to fleet_retention_cleanup;
grant select (what, days) on app.retention_policy to fleet_retention_cleanup;
-- created_at: for a lock.
grant select (ctid, user_id, analysis_id, created_at, retention_days), update (created_at), delete
on app.user_analysis_history to fleet_retention_cleanup;
grant select (id, analysis_id, created_at, retention_days, removed_at), update (removed_at), delete
on app.documents to fleet_retention_cleanup;
grant select (document_id, domain), delete on app.document_domains to fleet_retention_cleanup;
grant select (document_id, feature), delete on app.document_features to fleet_retention_cleanup;
grant select (document_id, feature, behaviour), delete on app.document_behaviours to fleet_retention_cleanup;
grant
select (id, job_id, userless, started_at, completed_at),
update (completed_at, candidates, files, tests),
delete
on app.analyses to fleet_retention_cleanup;
grant select (analysis_id, file), delete on app.test_files to fleet_retention_cleanup;
grant select (analysis_id, file, suite), delete on app.test_suites to fleet_retention_cleanup;
grant select (analysis_id, file, test), delete on app.test_cases to fleet_retention_cleanup;
-- used_at, started_at: for a lock.
grant select (codebase_id, key, used_at), update (used_at), delete on app.model_answers to fleet_retention_cleanup;
grant select (id, started_at), update (started_at), delete on app.model_requests to fleet_retention_cleanup;

-- people who look at what is spent
grant select on app.model_usage, app.model_months to fleet_operator;

-- roles: what the processes of the fleet, and the people beside it, may be; and lets migrate guard this database with them.
--
-- For an administrator, with psql, in each database to be guarded; safe to repeat. None of the roles can log in: users with
-- passwords are made members of one each (docs/deploy.md), and this is run again to bound what their sessions may hold up.
-- What each role may do is sql/privileges.sql, which migrate applies. Takes no lock.
do $$
declare
    v_role text;
begin
    foreach v_role in array '{
        fleet_owner, fleet_migrate, fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_enqueue,
        fleet_operator, fleet_monitor
    }'::text[] loop
        if to_regrole(v_role) is null then
            execute format('create role %I nologin', v_role);
        end if;
    end loop;
-- The roles are the cluster's: somebody else may be making them for another database.
exception when duplicate_object or unique_violation then
    raise notice 'somebody else is making the roles; run this again';
end
$$;

comment on role fleet_owner is 'Owns the queue: its tables, and the functions through which everybody else reaches them.';
comment on role fleet_migrate is 'Owns the application''s tables, and changes the schema of both.';
comment on role fleet_analyzer is 'Runs analyze jobs; the only one that reads sealed tokens.';
comment on role fleet_spec_generator is 'Runs generate_spec jobs.';
comment on role fleet_retention_cleanup is 'Deletes what outlived its plan; reads no arguments and no results of jobs.';
comment on role fleet_enqueue is 'Enqueues jobs, and does nothing else.';
comment on role fleet_operator is 'Looks at jobs and queues, and controls them.';
comment on role fleet_monitor is 'Looks at the state of queues and workers.';

do $$
begin
    grant fleet_owner to fleet_migrate;
    -- Whoever is no superuser must be able to give what they own away.
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant fleet_migrate to %I', current_user);
    end if;
    -- This is what migrate knows a guarded database by.
    execute format('grant connect, create on database %I to fleet_migrate', current_database());
    execute format(
        'grant connect on database %I to fleet_analyzer, fleet_spec_generator, fleet_retention_cleanup, fleet_enqueue, '
        'fleet_operator, fleet_monitor',
        current_database()
    );
end
$$;

-- Settings are not inherited by members, so each user gets those of its role. Connections that LISTEN are idle outside
-- of a transaction, which nothing here ends; a migration waits for another one without a limit. The client gives a
-- statement up after 30 seconds; the server's limit is for clients that are gone.
do $$
declare
    v_setting record;
begin
    for v_setting in
        select login.rolname as user, limited.setting, limited.value
        from (values
            ('fleet_migrate', 'idle_in_transaction_session_timeout', '10min'),
            ('fleet_analyzer', 'statement_timeout', '1min'),
            ('fleet_analyzer', 'lock_timeout', '30s'),
            ('fleet_analyzer', 'idle_in_transaction_session_timeout', '2min'),
            -- A worker whose machine vanished may hold the row of a job that it was finishing.
            ('fleet_analyzer', 'tcp_keepalives_idle', '5s'),
            ('fleet_analyzer', 'tcp_keepalives_interval', '5s'),
            ('fleet_analyzer', 'tcp_keepalives_count', '2'),
            ('fleet_spec_generator', 'statement_timeout', '1min'),
            ('fleet_spec_generator', 'lock_timeout', '30s'),
            ('fleet_spec_generator', 'idle_in_transaction_session_timeout', '2min'),
            -- A worker whose machine vanished may hold the row of a job that it was finishing.
            ('fleet_spec_generator', 'tcp_keepalives_idle', '5s'),
            ('fleet_spec_generator', 'tcp_keepalives_interval', '5s'),
            ('fleet_spec_generator', 'tcp_keepalives_count', '2'),
            ('fleet_retention_cleanup', 'statement_timeout', '1min'),
            ('fleet_retention_cleanup', 'lock_timeout', '5s'),
            ('fleet_retention_cleanup', 'idle_in_transaction_session_timeout', '1min'),
            ('fleet_enqueue', 'statement_timeout', '30s'),
            ('fleet_enqueue', 'lock_timeout', '10s'),
            ('fleet_enqueue', 'idle_in_transaction_session_timeout', '2min'),
            ('fleet_operator', 'statement_timeout', '5min'),
            ('fleet_operator', 'lock_timeout', '10s'),
            ('fleet_operator', 'idle_in_transaction_session_timeout', '5min'),
            ('fleet_monitor', 'statement_timeout', '30s'),
            ('fleet_monitor', 'lock_timeout', '2s'),
            ('fleet_monitor', 'idle_in_transaction_session_timeout', '30s'),
            ('fleet_monitor', 'default_transaction_read_only', 'on')
        ) as limited (role, setting, value)
        join pg_roles as production on production.rolname = limited.role
        join pg_auth_members as membership on membership.roleid = production.oid
        join pg_roles as login on login.oid = membership.member
        where login.rolcanlogin and not login.rolsuper and login.rolname <> current_user
            -- A user of several roles is not one process; whoever made it so sets its limits.
            and 1 = (
                select count(distinct other.roleid) from pg_auth_members as other
                join pg_roles as one on one.oid = other.roleid
                where other.member = login.oid and one.rolname like 'fleet\_%'
            )
    loop
        execute format(
            'alter role %I in database %I set %s = %L',
            v_setting.user, current_database(), v_setting.setting, v_setting.value
        );
    end loop;
end
$$;

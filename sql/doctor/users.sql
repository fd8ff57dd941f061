-- users: who has a role of the fleet, or a session of it, in this database.
--
-- Whoever may not see the sessions of others sees none of theirs.
with member as (
    select login.oid, array_agg(role.rolname::text order by role.rolname) as roles
    from pg_auth_members as membership
    join pg_roles as role on role.oid = membership.roleid and role.rolname like 'fleet\_%'
    join pg_roles as login on login.oid = membership.member and login.rolcanlogin and not login.rolsuper
    group by login.oid
), connected as (
    select session.usesysid as oid, count(*) as sessions
    from pg_stat_activity as session
    where session.datname = current_database() and session.application_name like 'fleet-%'
        and session.pid <> pg_backend_pid()
    group by session.usesysid
)
select
    login.rolname::text as name, login.rolsuper as is_superuser, coalesce(member.roles, '{}') as roles,
    coalesce(connected.sessions, 0) as sessions,
    exists (
        select
        from pg_db_role_setting as setting
        where setting.setrole = login.oid
            and setting.setdatabase in (0, (select own.oid from pg_database as own where own.datname = current_database()))
            and array_to_string(setting.setconfig, ' ') like '%idle_in_transaction_session_timeout%'
    ) as has_limits
from pg_roles as login
left join member on member.oid = login.oid
left join connected on connected.oid = login.oid
where member.oid is not null or connected.oid is not null
order by login.rolname

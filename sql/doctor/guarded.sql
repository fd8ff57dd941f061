-- guarded: whether somebody ran sql/roles.sql in this database, which is what migrate goes by, too.
select exists (
    select
    from pg_database as own, aclexplode(own.datacl) as granted
    join pg_roles as role on role.oid = granted.grantee
    where own.datname = current_database() and role.rolname = 'fleet_migrate' and granted.privilege_type = 'CREATE'
)

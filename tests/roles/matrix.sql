-- matrix: what each role may do to each object of the schemas, and to columns only; and which functions run as their owner.
with role as (
    select 'public' as name, 0 as place
    union all
    select rolname, 1 from pg_roles
    where rolname in (
        'fleet_owner', 'fleet_migrate', 'fleet_analyzer', 'fleet_spec_generator', 'fleet_retention_cleanup',
        'fleet_enqueue', 'fleet_operator', 'fleet_monitor'
    )
),
space as (
    select oid, nspname from pg_namespace where nspname in ('fleet', 'app')
),
relation as (
    select class.oid, space.nspname || '.' || class.relname as name, class.relkind
    from space join pg_class as class on class.relnamespace = space.oid
    where class.relkind in ('r', 'p', 'v', 'S')
),
granted as (
    select role.name as role, 'schema' as sort, space.nspname as object, may.privilege, null as columns, true as possible,
           has_schema_privilege(role.name, space.oid, may.privilege) as granted
    from role, space, unnest('{usage,create}'::text[]) as may (privilege)
    union all
    select role.name, case relation.relkind when 'v' then 'view' else 'table' end, relation.name, may.privilege, null, true,
           has_table_privilege(role.name, relation.oid, may.privilege)
    from role, relation, unnest(
        '{select,insert,update,delete,truncate,references,trigger}'::text[]
        || case when current_setting('server_version_num')::integer >= 170000 then 'maintain' end
    ) as may (privilege)
    where relation.relkind <> 'S' and may.privilege is not null
    union all
    select role.name, 'column', relation.name, may.privilege,
           string_agg(attribute.attname, ', ' order by attribute.attname)
               filter (where has_column_privilege(role.name, relation.oid, attribute.attnum, may.privilege)),
           false,
           bool_or(has_column_privilege(role.name, relation.oid, attribute.attnum, may.privilege))
    from role, relation
    join pg_attribute as attribute
        on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped,
        unnest('{select,insert,update,references}'::text[]) as may (privilege)
    where relation.relkind <> 'S' and not has_table_privilege(role.name, relation.oid, may.privilege)
    group by role.name, relation.name, may.privilege
    union all
    select role.name, 'sequence', relation.name, may.privilege, null, true,
           has_sequence_privilege(role.name, relation.oid, may.privilege)
    from role, relation, unnest('{usage,select,update}'::text[]) as may (privilege)
    where relation.relkind = 'S'
    union all
    select role.name, 'type', type.oid::regtype::text, 'usage', null, true, has_type_privilege(role.name, type.oid, 'usage')
    from role, space join pg_type as type on type.typnamespace = space.oid and type.typtype in ('e', 'd')
    union all
    select role.name, 'function', space.nspname || '.' || proc.proname, 'execute', null, true,
           bool_and(has_function_privilege(role.name, proc.oid, 'execute'))
    from role, space join pg_proc as proc on proc.pronamespace = space.oid
    group by role.name, space.nspname, proc.proname
)
select granted.role || ' ' || granted.sort || ' ' || granted.object || ': '
    || case
        when bool_and(granted.granted and granted.possible) then 'all'
        else string_agg(
            granted.privilege || coalesce(' (' || granted.columns || ')', ''), ', ' order by granted.privilege
        ) filter (where granted.granted)
    end as line
from granted
group by granted.role, granted.sort, granted.object
having bool_or(granted.granted)
union all
select 'runs as its owner ' || owner.rolname || ': ' || proc.oid::regproc
from space join pg_proc as proc on proc.pronamespace = space.oid
join pg_roles as owner on owner.oid = proc.proowner
where proc.prosecdef
order by 1

-- disk: how large the database is, and what of it is largest.
select
    pg_database_size(current_database()) as octets,
    pg_has_role('pg_monitor', 'usage') as may_see_log,
    case when pg_has_role('pg_read_all_settings', 'usage') then current_setting('data_directory') end as folder,
    inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1' as is_here,
    array(
        select format('%s.%s %s', space.nspname, coalesce(parent.relname, class.relname), pg_size_pretty(sum(pg_total_relation_size(class.oid))))
        from pg_class as class
        join pg_namespace as space on space.oid = class.relnamespace and space.nspname in ('fleet', 'app')
        left join pg_inherits as part on part.inhrelid = class.oid
        left join pg_class as parent on parent.oid = part.inhparent
        where class.relkind = 'r'
        group by space.nspname, coalesce(parent.relname, class.relname)
        order by sum(pg_total_relation_size(class.oid)) desc
        limit 3
    ) as largest

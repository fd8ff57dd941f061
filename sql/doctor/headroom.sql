-- headroom: how many connections there are and may be: of the server, the database and the user.
select
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as most,
    (select count(*) from pg_stat_activity as session where session.backend_type = 'client backend')::integer as used,
    own.datconnlimit as most_of_database,
    (select count(*) from pg_stat_activity as session where session.datname = own.datname)::integer as used_of_database,
    self.rolconnlimit as most_of_user,
    (select count(*) from pg_stat_activity as session where session.usename = self.rolname)::integer as used_by_user
from pg_database as own, pg_roles as self
where own.datname = current_database() and self.rolname = session_user

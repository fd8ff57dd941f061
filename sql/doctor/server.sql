-- server: what the server is and how it is set, as far as the queue depends on it.
select
    current_setting('server_version') as version,
    current_setting('server_version_num')::integer as number,
    pg_is_in_recovery() as is_replica,
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as full_page_writes,
    current_setting('synchronous_commit') as synchronous_commit,
    current_setting('idle_session_timeout') as idle_session_timeout,
    current_setting('default_transaction_isolation') as isolation,
    nullif(current_setting('fleet.now', true), '') as now

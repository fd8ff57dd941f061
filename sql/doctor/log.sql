-- log: how large the write-ahead log is; a member of pg_monitor may ask.
select sum(file.size)::bigint as octets from pg_ls_waldir() as file

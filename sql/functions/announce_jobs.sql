-- announce_jobs: wakes workers for jobs that were just inserted, however they were inserted.
--
-- Once for each statement and queue, so that a bulk insert costs one notification.
create or replace function fleet.announce_jobs() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.wake(array(select distinct queue from inserted));
    return null;
end
$$;
comment on function fleet.announce_jobs() is 'Trigger: wakes workers for inserted jobs.';

create or replace trigger announce_jobs after insert on fleet.job
referencing new table as inserted
for each statement execute function fleet.announce_jobs();

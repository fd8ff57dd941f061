-- refuse_unsound: looks at running jobs that were inserted, or changed in what a claim leaves alone; raises what is_sound does.
--
-- Of what a claim has changed, the check of fleet.job tells by itself that it is sound: this is for rows that somebody typed,
-- for progress and for requests to cancel. Once for each row; after the change, so that COPY still writes many at once.
-- Takes no lock.
create or replace function fleet.refuse_unsound() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fleet.is_sound(new);
    return null;
end
$$;
comment on function fleet.refuse_unsound() is 'Trigger: refuses running jobs that cannot be.';

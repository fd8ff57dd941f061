-- Storing an inventory as fast as it can be copied in: a key of a suite or a test is no longer looked up in its file.
--
-- A foreign key asked once for each of ten thousand tests, which took four times as long as writing them. One transaction
-- writes a file and all that is in it (fleet/analysis/store.py), so whoever can see a file sees all of it; what is left to
-- be done is to take everything away with the file.

create function app.remove_tests_of_files() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_analysis bigint;
    v_files integer[];
begin
    if tg_op = 'TRUNCATE' then
        truncate app.test_cases, app.test_suites;
        return null;
    end if;
    for v_analysis, v_files in select analysis_id, array_agg(file) from removed group by analysis_id loop
        delete from app.test_cases where analysis_id = v_analysis and file = any(v_files);
        delete from app.test_suites where analysis_id = v_analysis and file = any(v_files);
    end loop;
    return null;
end
$$;

create trigger remove_tests_of_files after delete on app.test_files
referencing old table as removed
for each statement execute function app.remove_tests_of_files();

create trigger remove_tests_of_all_files after truncate on app.test_files
for each statement execute function app.remove_tests_of_files();

-- A foreign key deletes as the owner of the table, a trigger as whoever deletes the file. Granted here and not by
-- privileges alone: an analyzer of the release before may delete files before those are applied.
do $$
begin
    if to_regrole('fleet_analyzer') is not null then
        grant select (analysis_id, file), delete on app.test_suites, app.test_cases to fleet_analyzer;
    end if;
end
$$;

-- squawk-ignore ban-drop-constraint
alter table app.test_suites drop constraint test_suites_analysis_id_file_fkey;
-- squawk-ignore ban-drop-constraint
alter table app.test_cases drop constraint test_cases_analysis_id_file_fkey;
comment on column app.test_suites.file is 'A file of the inventory. Not a foreign key: it is written with its file, and goes with it.';
comment on column app.test_cases.file is 'A file of the inventory. Not a foreign key: it is written with its file, and goes with it.';

-- remove_tests_of_files: takes the suites and the tests of deleted files away, as a foreign key would that cascades.
--
-- Once for each statement. Locks what it deletes. Of one inventory at a time, so that the server cannot choose to read all of
-- the table for it.
create or replace function app.remove_tests_of_files() returns trigger
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
comment on function app.remove_tests_of_files() is 'Trigger: the suites and the tests of a file go with it.';

create or replace trigger remove_tests_of_files after delete on app.test_files
referencing old table as removed
for each statement execute function app.remove_tests_of_files();

create or replace trigger remove_tests_of_all_files after truncate on app.test_files
for each statement execute function app.remove_tests_of_files();

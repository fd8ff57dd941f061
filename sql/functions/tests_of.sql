-- tests_of: the tests of an inventory, each with the names of the suites around it.
--
-- Takes no lock. Suites are numbered parents first, and nested at most so deep as the analyzer lets them be. *place* counts
-- the tests in the order in which they stand.
create or replace function app.tests_of(analysis bigint)
returns table (
    file integer, test integer, place bigint, path text, language text, framework text, suites text[], name text, status text,
    line integer
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive named as (
        select suite.file, suite.suite, array[suite.name] as names
        from app.test_suites as suite
        where suite.analysis_id = $1 and suite.parent is null
        union all
        select inner_suite.file, inner_suite.suite, named.names || inner_suite.name
        from named
        join app.test_suites as inner_suite
            on inner_suite.analysis_id = $1 and inner_suite.file = named.file and inner_suite.parent = named.suite
    )
    select
        test_case.file, test_case.test, row_number() over (order by test_case.file, test_case.line, test_case.test),
        test_file.path, test_file.language, test_file.framework, coalesce(named.names, '{}'), test_case.name,
        test_case.status, test_case.line
    from app.test_cases as test_case
    join app.test_files as test_file
        on test_file.analysis_id = test_case.analysis_id and test_file.file = test_case.file
    left join named on named.file = test_case.file and named.suite = test_case.suite
    where test_case.analysis_id = $1
$$;
comment on function app.tests_of(bigint) is
    'The tests of an inventory, each with the names of the suites around it, outermost first.';

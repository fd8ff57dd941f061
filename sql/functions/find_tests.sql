-- find_tests: the tests of an inventory in whose names all words occur, those of their suites and their path included.
--
-- Takes no lock. Words are parts of names, without regard to case, and stand for themselves: nothing in them is a pattern.
-- Reads the one inventory, which its key gives: ten thousand tests take some hundredths of a second.
create or replace function app.find_tests(analysis bigint, words text, at_most integer default 100)
returns table (path text, line integer, framework text, suites text[], name text, status text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select test.path, test.line, test.framework, test.suites, test.name, test.status
    from app.tests_of($1) as test
    where (
        select bool_and(strpos(lower(concat_ws(' ', test.path, array_to_string(test.suites, ' '), test.name)), word) > 0)
        from regexp_split_to_table(lower(trim($2)), '\s+') as word
    )
    order by test.place
    limit greatest($3, 0)
$$;
comment on function app.find_tests(bigint, text, integer) is
    'The tests of an inventory in whose names, suites or path all the words occur, in whatever case.';

-- cases: the tests of an analysis in the order they stand in their files.
--
-- Takes no lock; made to be read with a cursor. Only files that were read have tests, so each has its framework.
select
    test_case.file, test_case.test, test_case.suite, test_file.path, test_file.language, test_file.framework,
    test_case.name, test_case.status, test_case.line
from app.test_cases as test_case
join app.test_files as test_file on test_file.analysis_id = test_case.analysis_id and test_file.file = test_case.file
where test_case.analysis_id = $1
order by test_case.file, test_case.line, test_case.test

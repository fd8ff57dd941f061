-- analysis_tests: the tests of one file of an inventory, in the order they stand in it.
--
-- $1 its number, $2 the file. Takes no lock.
select file.path, test.test, suite.name as suite, test.name, test.status, test.line
from app.test_files as file
join app.test_cases as test on test.analysis_id = file.analysis_id and test.file = file.file
left join app.test_suites as suite
    on suite.analysis_id = test.analysis_id and suite.file = test.file and suite.suite = test.suite
where file.analysis_id = $1 and file.file = $2
order by test.test
limit 2000

-- analysis_files: the test files of an inventory, in the order of their paths, and how many tests each has.
--
-- $1 its number, $2 above this file. Takes no lock.
select
    file.file, file.path, file.language, file.framework, file.unparsed,
    (
        select count(*) from app.test_cases as test where test.analysis_id = file.analysis_id and test.file = file.file
    ) as tests
from app.test_files as file
where file.analysis_id = $1 and file.file > $2
order by file.file
limit 101

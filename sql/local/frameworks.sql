-- frameworks: the files and tests of an analysis by framework, largest first.
--
-- $1 analysis. Takes no lock.
select
    file.framework,
    count(distinct file.file) as files,
    count(test.test) as tests
from app.test_files as file
left join app.test_cases as test on test.analysis_id = file.analysis_id and test.file = file.file
where file.analysis_id = $1 and file.framework is not null
group by file.framework
order by tests desc, file.framework

-- test_counts: how many files and tests an inventory has, by framework and status.
--
-- A file without a test counts in a row of its own, whose status is null. Asked for one analysis, it reads that one.
create or replace view app.test_counts as
select
    file.analysis_id, file.framework, file.language, test.status,
    count(distinct file.file) as files, count(test.test) as tests
from app.test_files as file
left join app.test_cases as test on test.analysis_id = file.analysis_id and test.file = file.file
where file.framework is not null
group by file.analysis_id, file.framework, file.language, test.status;
comment on view app.test_counts is
    'How many files and tests an inventory has, by framework, language and status; null is the status of files without tests.';

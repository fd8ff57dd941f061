-- unplaced_tests: how many tests of the analysis no behaviour shows, and how many behaviours show no test of it.
--
-- Takes no lock. That no test stands in two features is the constraint every_test_is_in_one_feature.
select count(*)
from (
    select file, test from app.test_cases where analysis_id = $2
) as test_case
full join (
    select file, test from app.document_behaviours where document_id = $1
) as behaviour on behaviour.file = test_case.file and behaviour.test = test_case.test
where test_case.file is null or behaviour.file is null

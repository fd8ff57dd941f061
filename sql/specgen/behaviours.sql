-- behaviours: what a document says, in its order, with the place of each test at the commit.
--
-- Takes no lock.
select
    domain.domain, domain.name as domain_name, feature.feature, feature.name as feature_name, feature.stand_in,
    behaviour.sentence, behaviour.file, behaviour.test, test_file.path, test_case.line, test_case.status
from app.document_behaviours as behaviour
join app.document_features as feature
    on feature.document_id = behaviour.document_id and feature.feature = behaviour.feature
join app.document_domains as domain on domain.document_id = feature.document_id and domain.domain = feature.domain
join app.test_cases as test_case
    on test_case.analysis_id = $2 and test_case.file = behaviour.file and test_case.test = behaviour.test
join app.test_files as test_file on test_file.analysis_id = $2 and test_file.file = behaviour.file
where behaviour.document_id = $1
order by behaviour.feature, behaviour.behaviour

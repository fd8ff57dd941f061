-- behaviours: what a document says from a feature on, in its order, with the place of each test.
--
-- $1 the document, $2 its analysis, $3 above this feature. Takes no lock.
select
    domain.name as domain, feature.feature, feature.name as feature_name, behaviour.sentence, test_file.path, test_case.line,
    test_case.status
from (
    select known.document_id, known.feature, known.domain, known.name from app.document_features as known
    where known.document_id = $1 and known.feature > $3
    order by known.feature
    limit 51
) as feature
join app.document_domains as domain on domain.document_id = feature.document_id and domain.domain = feature.domain
join app.document_behaviours as behaviour
    on behaviour.document_id = feature.document_id and behaviour.feature = feature.feature
left join app.test_cases as test_case
    on test_case.analysis_id = $2 and test_case.file = behaviour.file and test_case.test = behaviour.test
left join app.test_files as test_file on test_file.analysis_id = $2 and test_file.file = behaviour.file
order by behaviour.feature, behaviour.behaviour
limit 2000

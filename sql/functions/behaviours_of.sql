-- behaviours_of: what a document says, in its order, each behaviour with the test that shows it.
--
-- Takes no lock. A document that is being removed says nothing any more. *place* counts the behaviours as they stand.
create or replace function app.behaviours_of(document bigint)
returns table (
    place bigint, domain text, feature text, sentence text, path text, line integer, suites text[], name text, status text
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select
        row_number() over (order by behaviour.feature, behaviour.behaviour), domain.name, feature.name,
        behaviour.sentence, test.path, test.line, test.suites, test.name, test.status
    from app.documents as document
    join app.document_behaviours as behaviour on behaviour.document_id = document.id
    join app.document_features as feature
        on feature.document_id = document.id and feature.feature = behaviour.feature
    join app.document_domains as domain on domain.document_id = document.id and domain.domain = feature.domain
    join app.tests_of(document.analysis_id) as test on test.file = behaviour.file and test.test = behaviour.test
    where document.id = $1 and document.removed_at is null
$$;
comment on function app.behaviours_of(bigint) is
    'What a specification document says, in its order, each behaviour with the test that shows it.';

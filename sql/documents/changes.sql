-- changes: what became of the behaviours between two documents, as a reader is told.
--
-- Takes no lock.
select
    change, domain, feature, sentence, status, path, line, domain_before, feature_before, sentence_before, status_before,
    path_before, line_before
from app.compare_documents($1, $2)

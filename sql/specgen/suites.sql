-- suites: the suites of an analysis, file by file, each after the suite that holds it.
--
-- Takes no lock; made to be read with a cursor.
select suite.file, suite.suite, suite.parent, suite.name
from app.test_suites as suite
where suite.analysis_id = $1
order by suite.file, suite.suite

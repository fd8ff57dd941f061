-- analysis_suites: removes the test suites of an analysis that may go.
--
-- $1 analysis, $2 at most so many. Deletes at most that many rows; the caller holds the analysis.
with gone as (
    select analysis_id, file, suite from app.test_suites where analysis_id = $1 limit $2
)
delete from app.test_suites as part
using gone
where part.analysis_id = gone.analysis_id and part.file = gone.file and part.suite = gone.suite

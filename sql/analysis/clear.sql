-- clear: removes what an earlier attempt had stored of an inventory.
--
-- $1 analysis. Run in the transaction of begin; suites and tests go with their files.
delete from app.test_files where analysis_id = $1

-- begin: records that a run of a task begins, unless another one is under way.
--
-- $1 task, $2 every so often, $3 version of the program, $4 whether it only says what it would do. See the function.
select run, alone, since_success, missed, unfinished from fleet.begin_cron_run($1, $2, $3, $4)

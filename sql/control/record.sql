-- record: puts on record what somebody does.
--
-- $1 what, $2 why, $3 who, $4 the jobs, $5 details. Inserts one row.
select fleet.record_action($1, $2, $3, $4, $5::text::jsonb)

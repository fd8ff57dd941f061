"""What the clients of release 1 say to the database, word for word. docs/deploy.md says when it is replaced."""

WORKER = {
    "register": "select fleet.register_worker($1, $2, $3, $4, $5, $6, $7, $8)",
    "retire": "select fleet.retire_worker($1)",
    "renew": "select fleet.renew_lease($1, $2)",
    "claim": "select id, token, kind, queue, args, attempt, max_attempts, traceparent, waited_ms"
    " from fleet.claim($1, $2, $3, $4)",
    "finish": "select fleet.finish($1, $2, $3) as id",
    "fail": "select fleet.fail($1, $2, $3, $4, $5) as id",
    "snooze": "select fleet.snooze($1, $2, $3, $4) as id",
    "release": "select fleet.release($1, $2, $3) as id",
    "held_by": "select id, token, cancel_requested from fleet.held_by($1)",
    "next_due": "select fleet.next_due($1)",
    "progress": "select fleet.report_progress($1, $2, $3::text::jsonb)",
}

PRODUCER = {
    "enqueue": "select id, inserted from fleet.enqueue($1, $2::text::jsonb, queue => $3, delay => $4, run_at => $5,"
    " priority => $6, traceparent => $7, on_conflict => $8, debounce_at_most => $9)",
    "enqueue_many": "select id, inserted from fleet.enqueue_many($1::text::jsonb, $2, $3) order by ordinality",
    "kinds": "select kind, queue, max_attempts, fleet.now() as now from fleet.kind",
}
# What enqueue_bulk copies into fleet.job.
COPIED = ("kind", "queue", "state", "priority", "args", "max_attempts", "traceparent", "enqueued_at", "run_at")

OTHERS = {
    "declare": "select fleet.declare_kind($1, $2, $3, $4, $5, $6::text::jsonb, $7)",
    "partitions": "select fleet.make_partitions()",
    "migration": "select to_regclass('fleet.migration') is not null",
    "applied": "select name, digest from fleet.migration",
    "clock": "select fleet.now()",
    "status": "select job.state::text as status, job.progress::text as progress, null as result, null as error_message"
    " from fleet.job as job where job.id = $1 union all"
    " select history.outcome::text, null, history.result::text, history.error_message"
    " from fleet.job_history as history where history.id = $1",
    "writer": "select from fleet.job as writer where writer.id = $1 and writer.token = $2 and writer.state = 'running'",
    "days": "select partition.relname::text as name from pg_catalog.pg_inherits as inheritance"
    " join pg_catalog.pg_class as partition on partition.oid = inheritance.inhrelid"
    " where inheritance.inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)",
    "strays": "select id, finished_at from fleet.job_history_default where finished_at <= $1 limit $2"
    " for update skip locked",
    "stray_attempts": "select job_id, token, ended_at from fleet.attempt_default where ended_at <= $1 limit $2"
    " for update skip locked",
}

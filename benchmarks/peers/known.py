"""The peers, and the settings with which they are compared: the best that their documentation names."""

from benchmarks.peers.peer import Peer

FLEET = Peer(
    name="fleet",
    program="python",
    idle="select not exists (select from fleet.job where kind = 'act')",
    held="select count(*) from fleet.job where kind = 'act' and state = 'running'",
    state="""select coalesce((select state::text from fleet.job where args ->> 'mark' = $1),
        (select outcome::text from fleet.job_history where args ->> 'mark' = $1))""",
    running="running",
    done="done",
    channel="fleet_wake",
    bad_rows=(
        "insert into fleet.job (kind, queue) values ('act', 'peers')",
        "insert into fleet.job (kind, queue, args) values ('act', 'peers', '[]')",
        """insert into fleet.job (kind, queue, args)
        values ('act', 'peers', '{"mark": 7, "act": [], "seconds": null}')""",
        "insert into fleet.job (kind, queue, run_at) values ('act', 'peers', '4714-11-24 BC')",
        "insert into fleet.job (kind, queue, enqueued_at) values ('act', 'peers', 'infinity')",
        "insert into fleet.job (kind, queue, state) values ('act', 'peers', 'running')",
    ),
    settings=(
        "the lease and the time to stop as given, where its own default is a lease of 15 s",
        "everything else as it is by default",
    ),
)

PROCRASTINATE = Peer(
    name="procrastinate",
    program="python",
    idle="select not exists (select from procrastinate_jobs where task_name = 'act' and status in ('todo', 'doing'))",
    held="select count(*) from procrastinate_jobs where task_name = 'act' and status = 'doing'",
    state="select status::text from procrastinate_jobs where args ->> 'mark' = $1",
    running="doing",
    channel="procrastinate_queue_v1#peers",
    bad_rows=(
        "insert into procrastinate_jobs (queue_name, task_name) values ('peers', 'act')",
        "insert into procrastinate_jobs (queue_name, task_name, args) values ('peers', 'act', '[]')",
        """insert into procrastinate_jobs (queue_name, task_name, args)
        values ('peers', 'act', '{"mark": 7, "act": [], "seconds": null}')""",
        "insert into procrastinate_jobs (queue_name, task_name, scheduled_at) values ('peers', 'act', '4714-11-24 BC')",
        """insert into procrastinate_jobs (queue_name, task_name, scheduled_at)
        values ('peers', 'act', '-infinity')""",
        "insert into procrastinate_jobs (queue_name, task_name, status) values ('peers', 'act', 'doing')",
    ),
    settings=(
        "listen_notify, and polls each second",
        "update_heartbeat_interval a fifth of the lease, stalled_worker_timeout the lease",
        "shutdown_graceful_timeout six tenths of the time to stop",
        "RetryStrategy(max_attempts=2, wait=1), which are two tries after the first",
        'the periodic task of its page "Retry stalled jobs", each second, with seconds_since_heartbeat the lease',
        'delete_jobs="successful"',
        "for throughput: no rescue, as it would be a job a second among the others; up to 40 connections",
    ),
)

PGQUEUER = Peer(
    name="pgqueuer",
    program="python",
    idle="select not exists (select from pgqueuer where entrypoint = 'act' and status in ('queued', 'picked'))",
    held="select count(*) from pgqueuer where entrypoint = 'act' and status = 'picked'",
    state="""select status::text from pgqueuer
        where strpos(encode(payload, 'escape'), '"mark": "' || $1 || '"') > 0""",
    running="picked",
    channel="ch_pgqueuer",
    bad_rows=(
        "insert into pgqueuer (priority, status, entrypoint) values (0, 'queued', 'act')",
        "insert into pgqueuer (priority, status, entrypoint, payload) values (0, 'queued', 'act', '[]')",
        """insert into pgqueuer (priority, status, entrypoint, payload)
        values (0, 'queued', 'act', '{"mark": 7, "act": [], "seconds": null}')""",
        """insert into pgqueuer (priority, status, entrypoint, execute_after)
        values (0, 'queued', 'act', '4714-11-24 BC')""",
        "insert into pgqueuer (priority, status, entrypoint, created) values (0, 'queued', 'act', 'infinity')",
        "insert into pgqueuer (priority, status, entrypoint, headers) values (0, 'queued', 'act', '[]')",
    ),
    settings=(
        "uvloop, one asyncpg connection, as its guide to performance says of workers; `pgq autovac`",
        "heartbeat_timeout the lease, dequeue_timeout one second",
        "shutdown_on_listener_failure, restart_on_failure after one second",
        "DatabaseRetryEntrypointExecutor with three tries, the first retry after a second or two",
        "batch_size half of the slots; it has no setting for the time to stop",
    ),
)

GRAPHILE = Peer(
    name="graphile-worker",
    program="node",
    idle="select not exists (select from graphile_worker._private_jobs where attempts < max_attempts)",
    held="select count(*) from graphile_worker._private_jobs where locked_at is not null",
    state="""select case when locked_at is not null then 'locked' when attempts >= max_attempts then 'failed'
        else 'waiting' end from graphile_worker._private_jobs where payload ->> 'mark' = $1""",
    running="locked",
    channel="jobs:insert",
    release="""select graphile_worker.force_unlock_workers(
        array(select locked_by from graphile_worker._private_jobs where payload ->> 'mark' = $1))""",
    bad_rows=(
        "select graphile_worker.add_job('act')",
        "select graphile_worker.add_job('act', '[]')",
        """select graphile_worker.add_job('act', '{"mark": 7, "act": [], "seconds": null}')""",
        "select graphile_worker.add_job('act', run_at => '4714-11-24 BC')",
        "select graphile_worker.add_job('act', run_at => '-infinity')",
        "select graphile_worker.add_job('act', 'null', priority => -32768)",
    ),
    settings=(
        "it has no setting for a lease: its locks last four hours, or until somebody calls force_unlock_workers",
        "pollInterval one second, gracefulShutdownAbortTimeout six tenths of the time to stop",
        "handlers heed its abortSignal; maxAttempts 3",
        "for throughput: localQueue of 20 jobs a slot, completeJobBatchDelay and failJobBatchDelay 0, 40 connections",
    ),
)

PG_BOSS = Peer(
    name="pg-boss",
    program="node",
    idle="select not exists (select from pgboss.job where name = 'peers' and state in ('created', 'retry', 'active'))",
    held="select count(*) from pgboss.job where name = 'peers' and state = 'active'",
    state="select state::text from pgboss.job where name = 'peers' and data ->> 'mark' = $1",
    running="active",
    done="completed",
    channel="pgboss_454650302e472074f72063fd",
    bad_rows=(
        "insert into pgboss.job (name, data) values ('peers', null)",
        "insert into pgboss.job (name, data) values ('peers', '[]')",
        """insert into pgboss.job (name, data) values ('peers', '{"mark": 7, "act": [], "seconds": null}')""",
        "insert into pgboss.job (name, data, start_after) values ('peers', '{}', '4714-11-24 BC')",
        "insert into pgboss.job (name, data, created_on) values ('peers', '{}', 'infinity')",
    ),
    settings=(
        "useListenNotify, and polls each half second",
        "heartbeatSeconds 10, which is the least, monitored every ten seconds; it has no other lease",
        "retryLimit 2, retryDelay 1; localConcurrency the slots, stop within six tenths of the time to stop",
        "for throughput: batchSize the slots, burstWhenBatchFull",
    ),
)

PEERS = {peer.name: peer for peer in (FLEET, PROCRASTINATE, PGQUEUER, GRAPHILE, PG_BOSS)}

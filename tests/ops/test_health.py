"""What a consumer says of itself while this or that befalls it."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import anyio
import pytest
from anyio import to_thread

from fleet.config import DatabaseUrl
from fleet.db import Pool, connect
from fleet.local.server import Server, start_postgres
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.testing.until import until
from tests.ops.conftest import Consumer, Consumers, put
from tests.ops.consumer import Act
from tests.processes.conftest import PATIENCE, ROOT, environment
from tests.processes.test_database_outage import processes_of


async def runs(pool: Pool, job: int) -> None:
    async def is_running() -> bool:
        return bool(await pool.fetchval("select true from fleet.job where id = $1 and state = 'running'", job))

    await until(is_running, within=PATIENCE, what=f"job {job} runs")


async def test_a_worker_is_ready_once_a_job_would_be_run(consumers: Consumers, pool: Pool) -> None:
    consumer = await consumers.start()

    await consumer.ready()
    ready, live = await consumer.ask("/readyz"), await consumer.ask("/livez")

    assert ready.json()["ok"] is True
    assert [check["check"] for check in ready.json()["checks"]] == ["schema", "stopping", "lease", "listener", "claim"]
    assert (live.status, live.json()["ok"]) == (200, True)
    assert await pool.fetchval("select count(*) from fleet.worker") == 1


async def test_a_worker_without_a_database_lives_and_says_what_it_lacks(consumers: Consumers, tmp_path: Path) -> None:
    consumer = await consumers.start(DATABASE_URL=f"postgresql://fleet@/fleet?host={tmp_path}")

    async def answers() -> bool:
        return await consumer.status("/livez") == 200

    await until(answers, within=PATIENCE)
    ready = await consumer.ask("/readyz")

    assert ready.status == 503
    assert ready.failing() == {"schema", "lease", "listener", "claim"}


async def test_a_draining_worker_lives_and_is_not_ready(consumers: Consumers, pool: Pool, tmp_path: Path) -> None:
    # given: a job under way that waits for the test
    gate = tmp_path / "gate"
    consumer = await consumers.start()
    await consumer.ready()
    await runs(pool, await put(pool, Act(gate=str(gate))))

    # when
    consumer.started.kill(signal.SIGTERM)

    async def is_not_ready() -> bool:
        return await consumer.status("/readyz") == 503

    await until(is_not_ready, within=PATIENCE)

    # then
    assert (await consumer.ask("/readyz")).failing() == {"stopping"}
    assert await consumer.status("/livez") == 200
    assert await consumer.sample("fleet_stopping") == 1
    gate.touch()
    assert await consumer.started.exit_code() == 0, consumer.started.text()


async def test_a_worker_whose_slots_are_all_taken_is_ready(consumers: Consumers, pool: Pool, tmp_path: Path) -> None:
    consumer = await consumers.start(ACTING_SLOTS="1")
    await consumer.ready()

    await runs(pool, await put(pool, Act(gate=str(tmp_path / "gate"))))
    claim = next(one for one in (await consumer.ask("/readyz")).json()["checks"] if one["check"] == "claim")

    assert (claim["ok"], claim["detail"]) == (True, "no slot is free")


async def test_a_blocked_loop_keeps_silent_and_is_told_of_afterwards(consumers: Consumers, pool: Pool) -> None:
    # given
    consumer = await consumers.start()
    await consumer.ready()

    # when
    job = await put(pool, Act(act="block", seconds=6.0))
    await runs(pool, job)
    while_blocked = await consumer.ask("/livez", within=1.0)

    async def answers() -> bool:
        return await consumer.status("/livez") == 200

    await until(answers, within=PATIENCE)

    # then
    assert while_blocked.status == 0
    assert (await consumer.sample("fleet_loop_worst_lag_seconds") or 0) > 2
    assert (await consumer.sample("fleet_loop_lag_seconds_total") or 0) > 2
    assert await consumer.sample("fleet_leases_lost_total") == 0
    assert await consumer.status("/readyz") == 200


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server of this test's own, which it may stop."""
    server = await to_thread.run_sync(start_postgres, None)
    yield server
    await to_thread.run_sync(server.stop)


async def on(consumers: Consumers, url: DatabaseUrl) -> Consumer:
    await migrate(url)
    async with connect(url, application="fleet-tests") as connection:
        await declare(connection, [Act])
    consumer = await consumers.start(DATABASE_URL=url.reveal(), LEASE_SECONDS="2")
    await consumer.ready()
    return consumer


async def test_without_its_database_a_worker_lives_is_not_ready_and_is_again_with_it(
    consumers: Consumers, server: Server
) -> None:
    consumer = await on(consumers, server.url)

    for process in (frozen := await processes_of(server.url)):
        os.kill(process, signal.SIGSTOP)

    async def is_not_ready() -> bool:
        return await consumer.status("/readyz") == 503

    await until(is_not_ready, within=PATIENCE)
    began = monotonic()
    scraped = await consumer.ask("/metrics")
    took = monotonic() - began
    live = await consumer.status("/livez")
    for process in frozen:
        os.kill(process, signal.SIGCONT)

    assert live == 200
    assert (scraped.status, scraped.samples()["fleet_database_up"]) == (200, 0)
    assert took < 2
    assert not any(name.startswith("fleet_queue_") for name in scraped.samples())
    await consumer.ready()

    async def is_up() -> bool:
        return await consumer.sample("fleet_database_up") == 1

    await until(is_up, within=PATIENCE)


async def test_a_thousand_silent_connections_do_not_keep_a_job_waiting(consumers: Consumers, pool: Pool) -> None:
    # given
    consumer = await consumers.start(LEASE_SECONDS="2")
    await consumer.ready()
    async with anyio.create_task_group() as asking:

        async def keep_open() -> None:
            while True:
                await consumer.ask("/livez\r\n", within=60)

        # when
        for _ in range(1000):
            asking.start_soon(keep_open)
        began = monotonic()
        job = await put(pool, Act())

        async def ended() -> bool:
            return bool(await pool.fetchval("select true from fleet.job_history where id = $1", job))

        await until(ended, within=PATIENCE)
        took = monotonic() - began
        lost = await pool.fetchval("select count(*) from fleet.attempt")
        asking.cancel_scope.cancel()

    # then
    assert took < 5
    assert lost == 0
    assert await consumer.status("/livez") == 200


async def test_a_port_that_is_taken_ends_the_worker_with_78(consumers: Consumers) -> None:
    first = await consumers.start()
    await first.ready()

    second = await consumers.start(HEALTH_PORT=str(first.port))

    assert await second.started.exit_code() == 78, second.started.text()
    assert f"port {first.port} cannot be listened on" in second.started.text()


async def test_the_platforms_port_is_asked_where_there_is_no_other(consumers: Consumers) -> None:
    given = await consumers.start()
    await given.ready()

    off = await consumers.start(HEALTH_PORT="0", PORT=str(given.port))

    async def works() -> bool:
        return "keeper.renews" in off.started.text()

    await until(works, within=PATIENCE)
    assert "health.listens" not in off.started.text()


def test_without_a_port_nothing_of_it_is_loaded() -> None:
    lazy = "{'h11', 'prometheus_client', 'opentelemetry'}"
    loads = f"import sys, entrypoints.spec_generator; print(sorted({lazy} & set(sys.modules)))"

    answer = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )

    assert answer.stdout == "[]\n"


async def test_what_was_done_is_counted_once(consumers: Consumers, pool: Pool) -> None:
    # given
    consumer = await consumers.start(ACTING_SLOTS="5")
    await consumer.ready()

    # when
    for job in (*[Act() for _ in range(20)], Act(act="fail"), Act(act="fail"), Act(act="retry")):
        await put(pool, job)

    async def all_ended() -> bool:
        return int(await pool.fetchval("select count(*) from fleet.job_history")) == 23

    await until(all_ended, within=PATIENCE)
    tries = '{kind="act",outcome="done"}'

    async def told() -> dict[str, float] | None:
        samples = (await consumer.ask("/metrics")).samples()
        return samples if samples[f"fleet_attempts_total{tries}"] == 21 else None

    samples = await until(told, within=PATIENCE, what="all are counted")

    # then
    assert samples['fleet_attempts_total{kind="act",outcome="failed"}'] == 2
    assert samples['fleet_attempts_total{kind="act",outcome="retried"}'] == 1
    assert samples[f"fleet_attempt_seconds_count{tries}"] == 21
    assert samples['fleet_attempt_seconds_bucket{kind="act",le="+Inf",outcome="done"}'] == 21
    assert 0 < samples[f"fleet_attempt_seconds_sum{tries}"] < 21
    # Each attempt had waited, the second one of the job that was tried again as well.
    assert samples['fleet_job_wait_seconds_count{queue="acts"}'] == 24
    assert samples['fleet_claims_total{outcome="some"}'] >= 1
    assert samples['fleet_slots_taken{queue="acts"}'] == 0
    assert samples['fleet_slots{queue="acts"}'] == 5
    assert samples["fleet_unwritten_ends"] == 0
    assert samples['fleet_queue_jobs{queue="acts",state="ready"}'] == 0

"""The spec generator with a language model: killed, stopped, fed too much, and set up wrong."""

import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from fleet.db import Connection, Pool
from fleet.queue.enqueue import enqueue
from fleet.specgen.job import GenerateSpec
from fleet.testing.until import until
from tests.processes.conftest import Start, Started
from tests.specgen.inventories import File, Written, store_analysis
from tests.specgen.provider import TOKENS_IN, TOKENS_OUT, Asked, FakeProvider, Reply, completion, open_provider, well

pytestmark = pytest.mark.usefixtures("migrated")

LONG = timedelta(seconds=30)
KEY = "sk-hunter2"
MANY = [File(f"{name}.py", (Written(f"test_{name}_one"), Written(f"test_{name}_two"))) for name in "abcdefghijkl"]


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with open_provider() as provider:
        yield provider


@pytest.fixture
def settings(required: dict[str, dict[str, str]], provider: FakeProvider) -> dict[str, str]:
    return required["spec_generator"] | {
        "LEASE_SECONDS": "1",
        "MODEL_URL": provider.url,
        "MODEL_API_KEY": KEY,
        "MODEL_CLASSIFY": "sorter",
        "MODEL_DESCRIBE": "teller",
        "MODEL_PRICES": "sorter=1/2,teller=3/10",
        "MODEL_TIMEOUT_SECONDS": "20",
    }


async def put(conn: Connection, *, repo: str = "shop") -> int:
    return (await enqueue(conn, GenerateSpec(analysis_id=await store_analysis(conn, MANY, repo=repo)))).id


async def ended(pool: Pool, job: int) -> dict[str, Any]:
    async def row() -> Any:
        return await pool.fetchrow(
            "select outcome::text, attempt, result::text, error_message from fleet.job_history where id = $1", job
        )

    return dict(await until(row, within=LONG, what=f"job {job} ends"))


async def answered(pool: Pool) -> int:
    count: int = await pool.fetchval("select count(*) from app.model_requests where outcome = 'answered'")
    return count


def hanging_after(provider: FakeProvider, describes: int) -> None:
    """Answer so many requests for sentences, and let all others hang."""

    def script(asked: Asked) -> Reply:
        done = sum(one.answered for one in provider.log if one.task == "describe")
        return well(asked) if asked.task == "classify" or done < describes else Reply(hang=-1)

    provider.script = script


def twice(provider: FakeProvider) -> dict[tuple[str, str], int]:
    """What was answered more than once."""
    names = Counter((one.task, name) for one in provider.log if one.answered for name in one.tests.values())
    return {name: count for name, count in names.items() if count > 1}


async def highest_memory(started: Started) -> int:
    status = Path(f"/proc/{started.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


async def test_a_run_bills_what_the_provider_counted_and_shows_no_key(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    worker = await start("spec_generator", settings=settings)

    job = await ended(pool, await put(conn))

    requests = len(provider.log)
    cost = (TOKENS_IN * 1 + TOKENS_OUT * 2 + (requests - 1) * (TOKENS_IN * 3 + TOKENS_OUT * 10)) / Decimal(1_000_000)
    assert job["outcome"] == "done", (job, worker.text())
    assert requests == 1 + 12 + 1
    assert msgspec.json.decode(job["result"])["bill"] == {
        "requests": requests,
        "tokens_in": requests * TOKENS_IN,
        "tokens_out": requests * TOKENS_OUT,
        "cost": str(cost),
    }

    async def bill() -> Any:
        return next((event for event in worker.events() if event["message"] == "model.billed"), None)

    billed = await until(bill, within=LONG)
    assert (billed["requests"], billed["cost"]) == (requests, str(cost))
    assert KEY not in worker.text()
    assert provider.url not in worker.text()


async def test_when_a_worker_is_killed_half_way_nothing_that_was_answered_is_asked_again(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    hanging_after(provider, 4)
    first = await start("spec_generator", settings=settings)
    job = await put(conn)

    async def half_way() -> bool:
        return await answered(pool) >= 5 and sum(not one.answered for one in provider.log) == 5

    await until(half_way, within=LONG)
    first.kill(signal.SIGKILL)
    await first.exit_code()
    under_way = sum(not one.answered for one in provider.log)
    provider.script = well
    await start("spec_generator", settings=settings)
    done = await ended(pool, job)

    assert (done["outcome"], done["attempt"]) == ("done", 2)
    assert twice(provider) == {}
    bill = msgspec.json.decode(done["result"])["bill"]
    assert bill["requests"] == len(provider.log) == 14 + under_way
    assert await pool.fetchval("select count(*) from app.model_requests where outcome = 'unknown'") == under_way
    assert await pool.fetchval("select tokens from app.model_months") == bill["tokens_in"] + bill["tokens_out"]


async def test_a_worker_that_is_stopped_hears_what_it_asked_and_the_next_one_goes_on(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    hanging_after(provider, 4)
    first = await start("spec_generator", settings=settings | {"RAILWAY_DEPLOYMENT_DRAINING_SECONDS": "6"})
    job = await put(conn)

    async def half_way() -> bool:
        return await answered(pool) >= 5 and sum(not one.answered for one in provider.log) == 5

    await until(half_way, within=LONG)
    first.kill(signal.SIGTERM)
    code = await first.exit_code()
    provider.script = well
    await start("spec_generator", settings=settings)
    done = await ended(pool, job)

    # Stopping is nobody's fault: the attempt was given back.
    assert (code, done["outcome"], done["attempt"]) == (0, "done", 1)
    assert twice(provider) == {}


async def test_a_provider_that_never_ends_its_answer_costs_no_memory_and_no_lease(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    worker = await start("spec_generator", settings=settings)
    await ended(pool, await put(conn))
    before = await highest_memory(worker)
    endless = msgspec.structs.replace(completion({}), padding=2 * 1024**3)
    replies = iter([endless] * 3)
    provider.script = lambda asked: next(replies, None) or well(asked)

    job = await ended(pool, await put(conn, repo="other"))

    assert (job["outcome"], job["attempt"]) == ("done", 1), (job, worker.text())
    assert next(replies, None) is None
    assert provider.sent < 200_000_000
    assert await highest_memory(worker) - before < 20_000_000
    assert not [event for event in worker.events() if event["message"] == "worker.lease_lost"]


async def test_a_provider_that_is_silent_for_longer_than_a_lease_costs_no_lease(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    replies = iter([Reply(hang=-1)])
    provider.script = lambda asked: next(replies, None) or well(asked)
    worker = await start("spec_generator", settings=settings | {"MODEL_TIMEOUT_SECONDS": "3"})

    job = await ended(pool, await put(conn))

    assert (job["outcome"], job["attempt"]) == ("done", 1), (job, worker.text())
    assert not [event for event in worker.events() if event["message"] == "worker.lease_lost"]
    assert await pool.fetchval(
        "select min(ended_at - started_at) from app.model_requests where outcome = 'unknown'"
    ) > (timedelta(seconds=2))


async def test_two_workers_keep_one_rate(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    both_ask = anyio.Event()

    async def script(asked: Asked) -> Reply:
        if provider.tasks.count("classify") == 2:
            both_ask.set()
        await both_ask.wait()
        return well(asked)

    provider.script = script
    await conn.execute("select fleet.limit_rate('model_requests', 1, per => '31 days', burst => 9)")
    jobs = [await put(conn, repo=f"shop-{number}") for number in range(2)]
    workers = [await start("spec_generator", settings=settings | {"DEFAULT_SLOTS": "1"}) for _ in jobs]

    async def both_put_off() -> bool:
        put_off = await pool.fetch(
            "select id from fleet.job where state = 'scheduled' and run_at > now() + interval '1 day'"
        )
        return {row["id"] for row in put_off} == set(jobs)

    await until(both_put_off, within=LONG)

    assert len(provider.log) == 9
    assert len(workers) == await pool.fetchval("select count(distinct worker) from fleet.attempt")


async def test_a_provider_that_is_down_uses_no_attempt(
    start: Start, settings: dict[str, str], provider: FakeProvider, conn: Connection, pool: Pool
) -> None:
    provider.script = lambda _: Reply(status=500)
    await start("spec_generator", settings=settings)
    job = await put(conn)

    async def put_off() -> Any:
        return await pool.fetchrow("select attempt from fleet.job where id = $1 and state = 'scheduled'", job)

    row = await until(put_off, within=LONG)

    assert row["attempt"] == 0
    assert "provider needs time" in await pool.fetchval(
        "select error_message from fleet.attempt where job_id = $1", job
    )
    assert 4 <= len(provider.log) <= 8


async def test_half_a_configuration_is_named_whole_and_exits_78(
    start: Start, required: dict[str, dict[str, str]]
) -> None:
    wrong = {
        "MODEL_URL": "http://models.example/v1",
        "MODEL_API_KEY": KEY,
        "MODEL_COST_PER_MONTH": "10",
        "MODEL_CLASSIFY": "sorter",
    }

    started = await start("spec_generator", settings=required["spec_generator"] | wrong)

    assert await started.exit_code() == 78
    assert sorted(event["problem"] for event in started.events()) == [
        "MODEL_COST_PER_MONTH needs MODEL_PRICES of both models",
        "MODEL_DESCRIBE is required with MODEL_URL",
        "MODEL_URL must start with https:// where MODEL_API_KEY is sent to it",
    ]
    assert KEY not in started.text()


async def test_settings_of_a_model_without_its_url_are_a_mistake(
    start: Start, required: dict[str, dict[str, str]]
) -> None:
    wrong = {"MODEL_API_KEY": KEY, "MODEL_DESCRIBE": "teller"}

    started = await start("spec_generator", settings=required["spec_generator"] | wrong)

    assert await started.exit_code() == 78
    assert sorted(event["problem"] for event in started.events()) == [
        "MODEL_API_KEY is set, and MODEL_URL is not",
        "MODEL_DESCRIBE is set, and MODEL_URL is not",
    ]

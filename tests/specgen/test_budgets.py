"""What may be spent is never passed, whoever else spends at the same time; and the fleet keeps one rate."""

from datetime import timedelta
from decimal import Decimal

import anyio
import msgspec
import pytest

from fleet.db import Connection, Pool
from fleet.errors import BudgetExceeded, FleetError, Snooze
from fleet.specgen.openai.plan import Budget, ModelPlan
from tests.specgen.conftest import Writer, ledger, modelling
from tests.specgen.inventories import File, Written, store_analysis
from tests.specgen.provider import TOKENS_IN, TOKENS_OUT, Asked, FakeProvider, Reply, well

MANY = [File(f"{number}.py", (Written(f"test_{number}"),)) for number in range(30)]
# The most that one request of these tests can take.
ONE = 8_000 + 4_000


def within(plan: ModelPlan, **budget: object) -> ModelPlan:
    return msgspec.structs.replace(plan, budget=msgspec.convert(budget, Budget))


@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("MODEL_TOKENS_PER_JOB", {"tokens_per_job": 8_000}),
        ("MODEL_TOKENS_PER_MONTH", {"tokens_per_month": 8_000}),
        ("MODEL_COST_PER_MONTH", {"cost_per_month": Decimal("0.016")}),
    ],
)
async def test_a_request_that_might_pass_a_budget_is_not_sent(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider, name: str, budget: dict[str, object]
) -> None:
    analysis = await store_analysis(conn)

    async with modelling(pool, within(plan, **budget)) as begin:
        with pytest.raises(BudgetExceeded, match=name):
            await Writer(pool, begin)(analysis)

    assert provider.log == []
    assert await ledger(pool) == []
    assert await pool.fetchval("select coalesce(sum(tokens), 0) from app.model_months") == 0


async def test_what_a_budget_stopped_goes_on_where_it_was_when_there_is_more(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    analysis = await store_analysis(conn, MANY)
    async with modelling(pool, within(plan, tokens_per_job=ONE + 10_000)) as begin:
        with pytest.raises(BudgetExceeded):
            await Writer(pool, begin)(analysis)
    spent = await pool.fetchval("select sum(tokens_in + tokens_out) from app.model_requests")

    async with modelling(pool, plan) as begin:
        saved = await Writer(pool, begin)(analysis, token=2)

    assert spent <= ONE + 10_000
    assert saved.behaviours == 30
    assert len(provider.log) == 32
    assert saved.bill.requests == 32


async def test_what_a_job_has_under_way_counts_too(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    limit, most = 2 * ONE, 0

    async def script(asked: Asked) -> Reply:
        nonlocal most
        most = max(most, await pool.fetchval("select sum(tokens_in + tokens_out) from app.model_requests"))
        return well(asked)

    provider.script = script

    async with modelling(pool, within(plan, tokens_per_job=limit)) as begin:
        with pytest.raises(BudgetExceeded):
            await Writer(pool, begin)(await store_analysis(conn, MANY))

    assert 0 < most <= limit


async def test_jobs_that_spend_at_once_stay_within_the_month_together(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    limit = 60_000
    analyses = [await store_analysis(conn, MANY, repo=f"shop-{number}") for number in range(4)]
    most = 0

    async def script(_: object) -> Reply:
        nonlocal most
        most = max(most, await pool.fetchval("select tokens from app.model_months"))
        return Reply(status=500)

    async with modelling(pool, within(plan, tokens_per_month=limit)) as begin, anyio.create_task_group() as tasks:

        async def write(job: int) -> None:
            with pytest.raises((BudgetExceeded, Snooze)):
                await Writer(pool, begin)(analyses[job], job=job)

        provider.script = script
        for job in range(4):
            tasks.start_soon(write, job)

    assert 0 < most <= limit
    assert await pool.fetchval("select tokens from app.model_months") == 0


async def test_what_an_attempt_left_open_counts_at_its_most_until_the_month_is_over(
    conn: Connection, pool: Pool, plan: ModelPlan
) -> None:
    await conn.execute(
        "insert into app.model_requests (job_id, job_token, task, model, tokens_in, tokens_out, cost, started_at)"
        " values (1, 1, 'classify', 'sorter', 3000, 8000, 1, fleet.now())"
    )
    await conn.execute(
        "insert into app.model_months (month, tokens, cost)"
        " values (date_trunc('month', fleet.now() at time zone 'UTC')::date, 11000, 1)"
    )

    async with modelling(pool, plan) as begin:
        saved = await Writer(pool, begin)(await store_analysis(conn), token=2)

    assert await ledger(pool) == ["unknown"] + ["answered"] * 4
    assert saved.bill.tokens_in == 3_000 + 4 * TOKENS_IN
    assert await pool.fetchval("select tokens from app.model_months") == 11_000 + 4 * (TOKENS_IN + TOKENS_OUT)


async def test_a_new_month_begins_with_its_whole_budget(conn: Connection, pool: Pool, plan: ModelPlan) -> None:
    await conn.execute("insert into app.model_months values ('2000-01-01', 1000000, 1000)")

    async with modelling(pool, within(plan, tokens_per_month=200_000)) as begin:
        saved = await Writer(pool, begin)(await store_analysis(conn))

    assert saved.behaviours == 4


@pytest.mark.parametrize(
    "usage", [None, {"prompt_tokens": -5}, {"completion_tokens": "many"}, {"total_tokens": 10**30}, [], "free"]
)
async def test_a_provider_that_counts_nothing_or_nonsense_is_paid_for_at_the_most(
    conn: Connection, write: Writer, pool: Pool, provider: FakeProvider, usage: object
) -> None:
    def uncounted(asked: Asked) -> Reply:
        reply = well(asked)
        body = msgspec.json.decode(reply.body) | {"usage": usage}
        return msgspec.structs.replace(reply, body=msgspec.json.encode(body))

    provider.script = uncounted

    await write(await store_analysis(conn))

    assert await ledger(pool, "outcome, tokens_out") == [("answered", 8_000)] * 4


async def test_what_a_model_thought_and_its_provider_counts_in_the_total_alone_is_paid_for(
    conn: Connection, write: Writer, pool: Pool, provider: FakeProvider
) -> None:
    def thoughtful(asked: Asked) -> Reply:
        reply = well(asked)
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 620}
        body = msgspec.json.decode(reply.body) | {"usage": usage}
        return msgspec.structs.replace(reply, body=msgspec.json.encode(body))

    provider.script = thoughtful

    await write(await store_analysis(conn))

    assert await ledger(pool, "tokens_in, tokens_out") == [(100, 520)] * 4


async def test_two_processes_keep_one_rate(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    await conn.execute("select fleet.limit_rate('model_requests', 1, per => '31 days', burst => 7)")
    analyses = [await store_analysis(conn, MANY, repo=f"shop-{number}") for number in range(2)]
    put_off: list[FleetError] = []

    async def write(job: int) -> None:
        async with modelling(pool, plan) as begin:
            with pytest.raises(Snooze) as caught:
                await Writer(pool, begin)(analyses[job], job=job)
            put_off.append(caught.value)

    async with anyio.create_task_group() as tasks:
        for job in range(2):
            tasks.start_soon(write, job)

    assert len(provider.log) == 7
    assert all(isinstance(error, Snooze) and error.after > timedelta(days=30) for error in put_off)

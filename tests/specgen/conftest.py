"""A generator on the test's own database, and a language model that answers by script."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from fleet.config import Secret
from fleet.db import Connection, Pool
from fleet.specgen.document import Subject
from fleet.specgen.generate import generate
from fleet.specgen.model import Begin, Model, Order, Writing
from fleet.specgen.openai.breaker import BreakerRules
from fleet.specgen.openai.open import Network, open_model
from fleet.specgen.openai.plan import ModelPlan, Patience
from fleet.specgen.openai.prices import Price
from fleet.specgen.outline.writer import Outline
from fleet.specgen.store import Saved
from tests.specgen.provider import FakeProvider, open_provider

Generate = Callable[..., Awaitable[Saved]]


async def ignore_progress(_done: int, _total: int | None, _phase: str) -> None:
    pass


async def finish_nothing(_connection: Connection, _saved: Saved) -> None:
    pass


@pytest.fixture
def generating(pool: Pool) -> Generate:
    async def generating(
        analysis: int,
        *,
        model: Model | None = None,
        user: int | None = None,
        language: str = "English",
        force: bool = False,
        finish: Callable[[Connection, Saved], Awaitable[None]] = finish_nothing,
    ) -> Saved:
        return await generate(
            pool,
            lambda _subject: Writing(model or Outline()),
            analysis_id=analysis,
            user_id=user,
            language=language,
            force=force,
            progress=ignore_progress,
            finish=finish,
        )

    return generating


SOON = timedelta(seconds=0.3)
PLAN = ModelPlan(
    url="http://127.0.0.1/v1/chat/completions",
    key=Secret("sk-secret"),
    classify="sorter",
    describe="teller",
    prices={"sorter": Price(Decimal(1), Decimal(2)), "teller": Price(Decimal(3), Decimal(10))},
    patience=Patience(first_pause=timedelta(milliseconds=1), longest_pause=SOON),
    breaker=BreakerRules(rest=SOON, longest_rest=SOON),
)


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with open_provider() as provider:
        yield provider


@pytest.fixture
def plan(provider: FakeProvider) -> ModelPlan:
    return msgspec.structs.replace(PLAN, url=f"{provider.url}/chat/completions")


@asynccontextmanager
async def modelling(pool: Pool, plan: ModelPlan, *, answer: timedelta = SOON) -> AsyncIterator[Begin]:
    """One process's way to the model."""
    async with open_model(pool, plan, Random(1), Outline(), Network(answer=answer)) as begin:
        yield begin


class Writer:
    """Runs one job after the other with a language model."""

    def __init__(self, pool: Pool, begin: Begin) -> None:
        self._pool = pool
        self._begin = begin

    async def __call__(
        self,
        analysis: int,
        *,
        job: int = 1,
        token: int = 1,
        user: int | None = None,
        language: str = "English",
        stopping: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int | None, str], Awaitable[None]] = ignore_progress,
    ) -> Saved:
        def begin(subject: Subject) -> Writing:
            return self._begin(Order(job=job, token=token, user=user, subject=subject, stopping=stopping))

        return await generate(
            self._pool,
            begin,
            analysis_id=analysis,
            user_id=user,
            language=language,
            force=False,
            progress=progress,
            finish=finish_nothing,
        )


@pytest.fixture
async def write(pool: Pool, plan: ModelPlan) -> AsyncIterator[Writer]:
    async with modelling(pool, plan) as begin:
        yield Writer(pool, begin)


async def ledger(pool: Pool, columns: str = "outcome") -> list[Any]:
    """Return these columns of the ledger, in the order of its requests."""
    rows = await pool.fetch(f"select {columns} from app.model_requests order by id")
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]

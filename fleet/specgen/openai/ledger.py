"""The ledger of one job's requests: reserved before they are sent, settled together with what they brought."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import anyio

from fleet.db import ConnectionFailure, Pool, Row
from fleet.errors import BudgetExceeded, Snooze
from fleet.specgen.cache import Answer, keep_answers
from fleet.specgen.model import Bill, Order
from fleet.specgen.openai.plan import Budget, ModelPlan
from fleet.specgen.openai.request import Request
from fleet.specgen.openai.verdict import Usage
from fleet.specgen.prompts.question import Task
from fleet.sql import statement

Settled = Literal["answered", "unreadable", "withheld", "cut", "refused", "busy", "failed", "unknown"]

NOTHING = Usage()
# Between tries to write down what was answered: together about as long as a database takes to restart.
_PAUSES = tuple(timedelta(seconds=0.25 * 2**number) for number in range(6))


class Ledger:
    """Every transaction here locks the month first, so that no two deadlock and no budget is passed."""

    def __init__(self, pool: Pool, plan: ModelPlan, order: Order, *, begun: float) -> None:
        self._pool = pool
        self._plan = plan
        self._order = order
        self._ends = begun + plan.patience.asking.total_seconds()

    def require_time(self, now: float) -> None:
        """Raise Snooze where nothing more should be begun: what is answered is kept, and the rest asked later."""
        if self._order.stopping():
            raise Snooze("the worker is about to stop", after=timedelta(0))
        if now > self._ends:
            raise Snooze("there is more to ask than one attempt has time for", after=timedelta(0))

    async def open(self) -> None:
        """Close what earlier attempts left open."""
        await self._pool.execute(statement("specgen/abandon_requests"), self._order.job, self._order.token)

    async def reserve(self, task: Task, request: Request) -> int:
        """Write *request* down at the most that it can take; raises BudgetExceeded before anything is spent."""
        cost = self._plan.price_of(request.model).of(request.most_in, request.most_out)
        tokens = request.most_in + request.most_out
        async with self._pool.transaction() as connection:
            month = await connection.fetchrow(statement("specgen/hold_month"))
            job = await connection.fetchrow(statement("specgen/spent_by_job"), self._order.job)
            _require_budget(self._plan.budget, month, job, tokens, cost)
            reserved: int = await connection.fetchval(
                statement("specgen/reserve_request"),
                *(self._order.job, self._order.token, self._order.user, task, request.model),
                *(request.most_in, request.most_out, cost),
            )
            if month is not None:
                await connection.execute(statement("specgen/spend_in_month"), month["month"], tokens, cost)
            return reserved

    async def settle(
        self,
        reserved: int,
        request: Request,
        outcome: Settled,
        usage: Usage | None,
        answers: Mapping[bytes, Answer] | None = None,
    ) -> Usage:
        """Write down what *request* took, at its most where nobody says, and keep *answers* in the same transaction."""
        if usage is None:
            usage = Usage(request.most_in, request.most_out)
        cost = self._plan.price_of(request.model).of(usage.prompt_tokens, usage.tokens_out)
        took = (reserved, outcome, usage.prompt_tokens, usage.tokens_out, cost)
        for pause in _PAUSES:
            # What was paid for outlives a restart of the database. Settled twice, it is settled once.
            with suppress(*ConnectionFailure):
                await self._settle(took, answers or {})
                return usage
            await anyio.sleep(pause.total_seconds())
        await self._settle(took, answers or {})
        return usage

    async def _settle(self, took: tuple[object, ...], answers: Mapping[bytes, Answer]) -> None:
        async with self._pool.transaction() as connection:
            await connection.execute(statement("specgen/hold_month"))
            settled = await connection.fetchrow(statement("specgen/settle_request"), *took)
            if settled is not None:
                await connection.execute(
                    statement("specgen/spend_in_month"), settled["month"], settled["tokens"], settled["cost"]
                )
            await keep_answers(connection, self._order.subject.codebase, answers)

    async def silence(self) -> timedelta:
        """Return for how long this job has asked in vain."""
        silence: timedelta | None = await self._pool.fetchval(statement("specgen/silence"), self._order.job)
        return silence or timedelta(0)

    async def bill(self) -> Bill:
        row = await self._pool.fetchrow(statement("specgen/spent_by_job"), self._order.job)
        return Bill() if row is None else Bill(**dict(row))


def _require_budget(budget: Budget, month: Row | None, job: Row | None, tokens: int, cost: Decimal) -> None:
    for name, limit, spent, more in (
        ("MODEL_TOKENS_PER_JOB", budget.tokens_per_job, _sum(job, "tokens_in", "tokens_out"), Decimal(tokens)),
        ("MODEL_TOKENS_PER_MONTH", budget.tokens_per_month, _sum(month, "tokens"), Decimal(tokens)),
        ("MODEL_COST_PER_MONTH", budget.cost_per_month, _sum(month, "cost"), cost),
    ):
        if limit is not None and spent + more > limit:
            raise BudgetExceeded(
                "the next request might cost more than is left", budget=name, limit=limit, spent=spent, next=more
            )


def _sum(row: Row | None, *columns: str) -> Decimal:
    return Decimal(0) if row is None else Decimal(sum(row[column] for column in columns))

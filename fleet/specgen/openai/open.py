"""Makes a language model ready for the jobs of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import anyio
import msgspec

from fleet.db import Pool
from fleet.http import HttpLimits, open_http
from fleet.specgen.model import Begin, Model, Order, Writing
from fleet.specgen.openai.ledger import Ledger
from fleet.specgen.openai.plan import ModelPlan
from fleet.specgen.openai.provider import Provider
from fleet.specgen.openai.writer import LanguageModel

# The longest answer has 16,000 tokens; whatever is much longer is none.
_LONGEST_ANSWER = 4_000_000
_CONNECT = timedelta(seconds=10)


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider is reached, and how long one answer may take: until it is whole, a model may say nothing."""

    certificates: Path | None = None
    proxy: str | None = None
    answer: timedelta = timedelta(minutes=3)


@asynccontextmanager
async def open_model(
    pool: Pool, plan: ModelPlan, random: Random, spare: Model, network: Network
) -> AsyncIterator[Begin]:
    """Return what puts the model to work on an order; *spare* stands in for it."""
    limits = HttpLimits(
        connect=min(_CONNECT, network.answer), read=network.answer, total=network.answer, body=_LONGEST_ANSWER
    )
    async with open_http(certificates=network.certificates, proxy=network.proxy, limits=limits) as http:
        provider = Provider(http, pool, plan, random)

        def begin(order: Order) -> Writing:
            ledger = Ledger(pool, plan, order, begun=anyio.current_time())
            model = LanguageModel(pool, provider, ledger, order.subject.codebase, spare)
            return Writing(model, at_once=plan.at_once, stand_ins=model.stand_ins, bill=ledger.bill)

        yield begin

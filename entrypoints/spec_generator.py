"""The spec generator: consumes generate_spec jobs and writes specification documents."""

from entrypoints._signals import leave_on_signal

if __name__ == "__main__":
    leave_on_signal()  # before the imports below, which take long enough to be stopped in

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import SystemRandom

from entrypoints._consumer import Slots, consume
from entrypoints._model import ModelSettings
from entrypoints._process import run_process
from fleet.db import Pool
from fleet.queue.registry import Registry
from fleet.specgen.handler import GenerateSpecHandler
from fleet.specgen.job import GenerateSpec
from fleet.specgen.model import Order, Writing
from fleet.specgen.openai.open import open_model
from fleet.specgen.outline.writer import Outline


class SpecGeneratorSettings(ModelSettings, frozen=True, kw_only=True):
    """The spec generator's environment."""

    priority_slots: Slots = 4
    default_slots: Slots = 4
    scheduled_slots: Slots = 2


async def generate(settings: SpecGeneratorSettings) -> int:
    queues = {
        "specview_priority": settings.priority_slots,
        "specview_default": settings.default_slots,
        "specview_scheduled": settings.scheduled_slots,
    }

    @asynccontextmanager
    async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
        registry = Registry()
        plan = settings.model
        if plan is None:
            registry.add(GenerateSpec, GenerateSpecHandler(pool, _outline))
            yield registry
            return
        async with open_model(pool, plan, SystemRandom(), Outline(), settings.model_network) as begin:
            registry.add(GenerateSpec, GenerateSpecHandler(pool, begin))
            yield registry

    return await consume("spec-generator", settings, queues, open_registry)


def _outline(_order: Order) -> Writing:
    return Writing(Outline())


if __name__ == "__main__":
    run_process("spec-generator", SpecGeneratorSettings, generate)

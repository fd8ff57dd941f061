"""The spec generator: consumes generate_spec jobs and writes specification documents."""

from entrypoints._signals import leave_on_signal

if __name__ == "__main__":
    leave_on_signal()  # before the imports below, which take long enough to be stopped in

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from entrypoints._consumer import ConsumerSettings, Slots, consume
from entrypoints._process import run_process
from fleet.db import Pool
from fleet.queue.registry import Registry
from fleet.specgen.handler import GenerateSpecHandler
from fleet.specgen.job import GenerateSpec
from fleet.specgen.outline.writer import Outline


class SpecGeneratorSettings(ConsumerSettings, frozen=True, kw_only=True):
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
        registry.add(GenerateSpec, GenerateSpecHandler(pool, Outline()))
        yield registry

    return await consume("spec-generator", settings, queues, open_registry)


if __name__ == "__main__":
    run_process("spec-generator", SpecGeneratorSettings, generate)

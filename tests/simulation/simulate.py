"""Runs seeds, and says what they came to."""

from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog
from structlog.contextvars import merge_contextvars

from tests.simulation.controls import Database
from tests.simulation.loop import LIFE, StandsStill
from tests.simulation.oracle import Violation
from tests.simulation.story import Story
from tests.simulation.world import World


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """One seed: what was broken, if anything, and how often what was seen."""

    seed: int
    broken: str | None
    steps: int
    seconds: float
    seen: Counter[str]
    trace: list[str]


def simulate(seed: int, *, keep_trace: bool = False, database: type[Database] = Database) -> Simulated:
    """Run the world of *seed* to its end; the same seed always has the same trace."""
    world = World(seed, database)
    broken = None
    with logs_of(world):
        try:
            world.run(Story(world).tell())
        except (Violation, StandsStill) as violation:
            broken = f"{type(violation).__name__}: {violation}"
        steps, seconds = world.loop.steps, world.loop.time()
        world.end()
    return Simulated(
        seed=seed,
        broken=broken,
        steps=steps,
        seconds=seconds,
        seen=world.oracle.seen,
        trace=world.told() if keep_trace or broken is not None else [],
    )


@contextmanager
def logs_of(world: World) -> Iterator[None]:
    """Have the log lines of the program in the trace of *world*."""

    def take_down(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if not world.wire.at_an_end:
            name = str(event.pop("event"))
            if name == "job.ended":
                world.oracle.reported(event["job"], event["outcome"])
            facts = " ".join(f"{fact}={value}" for fact, value in sorted(event.items()) if fact != "trace_id")
            world.note("log", f"{name} {facts}", LIFE.get())
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[merge_contextvars, take_down], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)

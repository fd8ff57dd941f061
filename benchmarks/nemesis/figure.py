"""Prints one figure of docs/guarantees.md as a JSON line."""

import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
import msgspec

INTERRUPTED = 130


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Measured over *count* runs: *seconds* are to be at most *goal*, and nothing may be in *violations*."""

    name: str
    count: int
    measured: dict[str, float]
    goal: dict[str, float]
    violations: Sequence[str] = ()

    @property
    def met(self) -> bool:
        within = all(self.measured.get(name, float("inf")) <= limit for name, limit in self.goal.items())
        return within and not self.violations


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the middle, the slowest hundredth and the slowest of *seconds*."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {
        "p50": round(ordered[len(ordered) // 2], 3),
        "p99": round(ordered[min(last, int(0.99 * len(ordered)))], 3),
        "max": round(ordered[last], 3),
    }


async def until_signalled(do: Callable[[], Awaitable[int]]) -> int:
    """Return what *do* returns; at Ctrl-C or SIGTERM it is cancelled, and ends what it has started."""
    code = INTERRUPTED
    async with anyio.create_task_group() as tasks:

        async def stop() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    tasks.cancel_scope.cancel()

        tasks.start_soon(stop)
        code = await do()
        tasks.cancel_scope.cancel()
    return code


def tell(measure: Callable[[], Awaitable[Figure]]) -> int:
    """Print what *measure* finds; returns the exit code, which is 1 when it is not what it should be."""

    async def printed() -> int:
        figure = await measure()
        print(msgspec.json.encode({**msgspec.structs.asdict(figure), "met": figure.met}).decode())  # noqa: T201  # a script's output
        return int(not figure.met)

    return anyio.run(partial(until_signalled, printed), backend_options={"use_uvloop": True})


def arguments(*defaults: float) -> list[float]:
    """Return the numbers of the command line, and *defaults* for those that it leaves out."""
    given = [float(argument) for argument in sys.argv[1:]]
    return [*given, *defaults[len(given) :]]

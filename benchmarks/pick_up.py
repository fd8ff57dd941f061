"""How soon an idle worker begins a job: from when the enqueue has returned to the first line of the handler.

One job at a time, with a pause of random length before each. All queues run the same task by the same protocol; the
bound is a bare session that listens, and claims from a small table when it hears something. Prints JSON lines:
python -m benchmarks.pick_up.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from math import ceil
from pathlib import Path
from random import Random
from time import monotonic

import anyio

from benchmarks import raw
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import APPLICATION, Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.process import open_python
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Rounds, Run, interleave
from benchmarks.others import Other, client_of, database_of, find
from benchmarks.peers.journal import read
from benchmarks.peers.peer import Order, Task
from benchmarks.peers.running import open_worker
from fleet.db import connect
from fleet.testing.until import until

OURS, RAW = "fleet", "raw"
SAMPLES = 100
SLOTS = 10
# Until a worker that runs its first jobs has everything started that it starts beside itself.
_SETTLING = timedelta(seconds=3)
_FIRST = 5
_PATIENCE = timedelta(seconds=30)
# The figures, and of what share of the samples each is the slowest.
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_GOALS = {"p50": 0.7, "p99": 0.5}


async def pick_up(other: Other, ground: Ground, random: Random) -> Mapping[str, float]:
    """Return the quantiles, in milliseconds."""
    seconds = []
    with tempfile.TemporaryDirectory(prefix="fleet-benchmark-") as folder:
        journal = Path(folder) / "journal"
        # The lease is what it is by default, and what the others make of it.
        order = Order(life="idle", journal=str(journal), slots=SLOTS, lease=15.0)
        async with (
            database_of(other, ground) as url,
            client_of(other, url) as client,
            open_worker(other.environment, url, order, Path(folder)),
        ):
            for number in range(_FIRST + 1 + SAMPLES):
                await _rest(random)
                answer = await client.enqueue([Task(mark=str(number))])
                begun = await _begun(journal, number)
                if number == _FIRST:
                    await anyio.sleep(_SETTLING.total_seconds())
                if number > _FIRST:
                    seconds.append(begun - answer.began - answer.seconds)
    return _quantiles(seconds)


async def pick_up_raw(ground: Ground, random: Random) -> Mapping[str, float]:
    seconds = []
    async with (
        ground.database("raw", raw.prepare) as url,
        connect(url, application=APPLICATION) as connection,
        open_python("benchmarks.raw_listener", url) as process,
    ):
        if process.stderr is None:
            raise AssertionError("the listener is heard by a pipe")
        await process.stderr.receive()
        for _ in range(SAMPLES):
            await _rest(random)
            async with connection.transaction():
                await connection.execute(raw.ADD, "{}")
                await connection.execute("select pg_notify('raw', '')")
            returned = monotonic()
            seconds.append(float(await process.stderr.receive()) - returned)
    return _quantiles(seconds)


async def _begun(journal: Path, number: int) -> float:
    async def begun() -> float | None:
        found = [event.at for event in read(journal) if event.mark == str(number)]
        return found[0] if len(found) > 1 else None

    return await until(begun, within=_PATIENCE, what="the job has run")


async def _rest(random: Random) -> None:
    await anyio.sleep(random.uniform(0.01, 0.03))


def _quantiles(seconds: Sequence[float]) -> Mapping[str, float]:
    ordered = sorted(seconds)
    return {name: 1000 * ordered[ceil(share * len(ordered)) - 1] for name, share in _SHARES.items()}


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    random = Random(1)  # noqa: S311  # pauses
    others = await find((OURS, *scale.peers))
    contenders: dict[str, Run] = {other.name: partial(pick_up, other, ground, random) for other in others}
    contenders[RAW] = partial(pick_up_raw, ground, random)
    rounds = await interleave(contenders, scale.rounds, probe)
    peers = [name for name in contenders if name != OURS]
    return [_finding(rounds, name, peer) for peer in peers for name in _SHARES]


def _finding(rounds: Rounds, name: str, peer: str) -> Finding:
    # Whoever is faster than each of them is faster than the best of them.
    goal = Goal(of="ratio", at_most=_GOALS[name]) if name in _GOALS and peer != RAW else None
    asked = Asked(question="pick_up", figure=name, unit="ms", goal=goal)
    return beside(asked, rounds.of(OURS, name), peer, rounds.of(peer, name))


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))

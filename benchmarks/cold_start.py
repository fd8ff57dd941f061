"""What the retention cleanup costs when it has nothing to do, beside a bare script that asks the database one thing.

Both are started as a platform's cron starts them, by a Python with the packages of the cleanup's image; wall time, and
the most memory as the kernel counts it. Prints JSON lines: python -m benchmarks.cold_start.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

import anyio
from anyio import to_thread

from benchmarks import noop
from benchmarks.frame import launch
from benchmarks.frame.finding import Asked, Finding, Goal, beside
from benchmarks.frame.ground import Ground
from benchmarks.frame.packages import python_of
from benchmarks.frame.probe import Probe
from benchmarks.frame.process import ROOT, environment_of
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from fleet.config import DatabaseUrl

OURS, BARE = "retention_cleanup", "bare script"
# One start is short, and the machine has others to run.
STARTS = 5
_BARE = """
import asyncio, os, asyncpg
async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    await connection.fetchval("select 1")
    await connection.close()
asyncio.run(main())
"""
_COMMANDS = {OURS: ["-m", "entrypoints.retention_cleanup"], BARE: ["-c", _BARE]}
_ASKED = (
    Asked(question="cold_start", figure="wall time", unit="s", goal=Goal(of="ratio", at_most=1.5)),
    Asked(question="cold_start", figure="most memory", unit="MB", goal=Goal(of="ratio", at_most=1.3)),
)


async def start(url: DatabaseUrl, python: str, arguments: Sequence[str]) -> Mapping[str, float]:
    """Return the medians of some starts."""
    runs = [await _start(url, python, arguments) for _ in range(STARTS)]
    return {asked.figure: median(values) for asked, values in zip(_ASKED, zip(*runs, strict=True), strict=True)}


async def _start(url: DatabaseUrl, python: str, arguments: Sequence[str]) -> tuple[float, float]:
    command = [sys.executable, "-I", "-S", launch.__file__, python, *arguments]
    process = await anyio.run_process(command, env=environment_of(url), cwd=ROOT, stderr=None)
    seconds, kilobytes, code = process.stdout.split()
    if int(code):
        raise AssertionError(f"{arguments[:2]} ended with {int(code)}")
    return float(seconds), int(kilobytes) / 1000


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    python = await to_thread.run_sync(python_of, "cleanup")
    async with ground.database("fleet", noop.prepare) as url:
        contenders: dict[str, Run] = {name: partial(start, url, python, command) for name, command in _COMMANDS.items()}
        # The first one finds partitions to be made, and files that no process has read yet.
        await interleave(contenders, 1, probe)
        rounds = await interleave(contenders, scale.rounds, probe)
    return [beside(asked, rounds.of(OURS, asked.figure), BARE, rounds.of(BARE, asked.figure)) for asked in _ASKED]


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale()))

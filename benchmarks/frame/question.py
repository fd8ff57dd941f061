"""Runs one benchmark from its command line, and prints what it finds."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import anyio
import msgspec

from benchmarks.frame.finding import Finding
from benchmarks.frame.ground import SETTINGS, Ground, open_ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.usage import machine
from benchmarks.nemesis.figure import until_signalled


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured: so many *rounds* of so many *jobs*, beside the *peers* of these names.

    *against* is another checkout of Fleet, whose workers take their turn too where the question is a drain.
    """

    rounds: int = 5
    jobs: int = 100_000
    peers: tuple[str, ...] = ()
    against: Path | None = None


NONE: Mapping[str, str] = MappingProxyType({})

Ask = Callable[[Ground, Probe, Scale], Awaitable[Sequence[Finding]]]


async def answer(ask: Ask, scale: Scale, settings: Mapping[str, str] = NONE, *, record: TextIO | None = None) -> int:
    """Print a JSON line for each finding, and to the *record* as well; returns 1 when a goal is not met."""
    async with open_ground(settings) as ground:
        probe = Probe(ground)
        findings = await ask(ground, probe, scale)
        shared = {
            "noise": probe.noise(),
            "load": round(os.getloadavg()[0], 1),
            "at": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "settings": {**SETTINGS, **settings, "rounds": scale.rounds, "jobs": scale.jobs},
            "versions": {
                "postgresql": await ground.version(),
                "python": sys.version.split()[0],
                **{name: version(name) for name in ("asyncpg", "uvloop")},
            },
        }
    for finding in findings:
        line = {name: told for name, told in msgspec.to_builtins(finding).items() if told is not None} | shared
        text = msgspec.json.encode(line).decode()
        print(text, flush=True)  # noqa: T201  # a script's output
        if record is not None:
            print(text, file=record, flush=True)
    return int(any(finding.met is False for finding in findings))


def main(ask: Ask, arguments: Sequence[str], default: Scale, settings: Mapping[str, str] = NONE) -> int:
    parser = argparse.ArgumentParser(description=sys.modules[ask.__module__].__doc__)
    parser.add_argument("--rounds", type=int, default=default.rounds, help="how often each contender runs")
    parser.add_argument("--jobs", type=int, default=default.jobs, help="how many jobs there are in a run")
    parser.add_argument("--peers", nargs="*", default=default.peers, help="the other queues to be measured beside it")
    parser.add_argument("--against", type=Path, help="another checkout, to be measured as a contender of its own")
    given = parser.parse_args(arguments)
    scale = msgspec.structs.replace(
        default, rounds=given.rounds, jobs=given.jobs, peers=tuple(given.peers), against=given.against
    )
    run = partial(until_signalled, partial(answer, ask, scale, settings))
    return anyio.run(run, backend_options={"use_uvloop": True})

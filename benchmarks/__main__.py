"""Asks all questions one after the other: python -m benchmarks [--quick] [--record FILE] [QUESTION ...].

--quick takes a minute: smaller figures, beside the raw bound alone.
"""

import argparse
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TextIO

import anyio
import msgspec

from benchmarks import (
    analysis,
    bulk_enqueue,
    claim_backlog,
    cold_start,
    drain,
    growth,
    held_snapshot,
    idle,
    others,
    pick_up,
    retention,
    single_enqueue,
    two_processes,
)
from benchmarks.frame.question import NONE, Ask, Scale, answer
from benchmarks.nemesis.figure import until_signalled


class Question(msgspec.Struct, frozen=True):
    """What is asked, and on which scale; what takes long has none for a quick look."""

    ask: Ask
    full: Scale = Scale()
    quick: Scale | None = None
    settings: Mapping[str, str] = NONE


EVERYBODY = Scale(peers=others.NAMES)
LONG = 3
QUESTIONS = {
    "drain": Question(drain.ask, EVERYBODY, Scale(rounds=3, jobs=20_000)),
    "two_processes": Question(two_processes.ask, Scale(jobs=50_000)),
    "pick_up": Question(pick_up.ask, EVERYBODY),
    "single_enqueue": Question(single_enqueue.ask, EVERYBODY),
    "bulk_enqueue": Question(bulk_enqueue.ask, EVERYBODY, Scale(rounds=3, jobs=20_000)),
    "held_snapshot": Question(held_snapshot.ask, Scale(rounds=LONG)),
    "claim_backlog": Question(claim_backlog.ask, Scale(jobs=5_000_000)),
    "growth": Question(growth.ask, Scale(rounds=LONG)),
    "idle": Question(idle.ask, settings=idle.SETTINGS),
    "cold_start": Question(cold_start.ask),
    # Ten rounds: each is a few hundred milliseconds long.
    "analysis": Question(analysis.ask, Scale(rounds=10, jobs=10_000)),
    "retention": Question(retention.ask, Scale(rounds=LONG, jobs=1_000_000)),
}


async def main(names: list[str], *, quick: bool, record: TextIO | None) -> int:
    code = 0
    for name in names or QUESTIONS:
        scale = QUESTIONS[name].quick if quick else QUESTIONS[name].full
        if scale is not None:
            code |= await answer(QUESTIONS[name].ask, scale, QUESTIONS[name].settings, record=record)
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="take a minute")
    parser.add_argument("--record", type=Path, help="a file for the lines, too")
    parser.add_argument("questions", nargs="*", choices=[[], *QUESTIONS], metavar="QUESTION", help=", ".join(QUESTIONS))
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    with options.record.open("w", encoding="utf-8") if options.record else nullcontext() as record:
        run = partial(until_signalled, partial(main, options.questions, quick=options.quick, record=record))
        code = anyio.run(run, backend_options={"use_uvloop": True})
    sys.exit(code)

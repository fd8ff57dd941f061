"""Asks all questions one after the other: python -m benchmarks [--quick] [QUESTION ...].

--quick takes a minute: smaller figures, beside the raw bound alone.
"""

import argparse
import sys
from functools import partial

import anyio
import msgspec

from benchmarks import drain, two_processes
from benchmarks.frame.question import Ask, Scale, answer
from benchmarks.nemesis.figure import until_signalled


class Question(msgspec.Struct, frozen=True):
    """What is asked, and on which scale; what takes long has none for a quick look."""

    ask: Ask
    full: Scale
    quick: Scale | None = None


QUESTIONS = {
    "drain": Question(drain.ask, Scale(), Scale(rounds=3, jobs=20_000)),
    "two_processes": Question(two_processes.ask, Scale()),
}


async def main(names: list[str], *, quick: bool) -> int:
    code = 0
    for name in names or QUESTIONS:
        scale = QUESTIONS[name].quick if quick else QUESTIONS[name].full
        if scale is not None:
            code |= await answer(QUESTIONS[name].ask, scale)
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="take a minute")
    parser.add_argument("questions", nargs="*", choices=[[], *QUESTIONS], metavar="QUESTION", help=", ".join(QUESTIONS))
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    run = partial(until_signalled, partial(main, options.questions, quick=options.quick))
    sys.exit(anyio.run(run, backend_options={"use_uvloop": True}))

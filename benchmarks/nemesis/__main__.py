"""Attack a fleet at random for some minutes, and judge it: python -m benchmarks.nemesis [MINUTES] [SEED].

Real workers, real producers, a PostgreSQL of its own. Prints one JSON line; exits 1 on any violation, and when a kind
of fault was never hit. The same seed gives the same schedule; what the machine makes of it differs. Ctrl-C ends it,
and all that it has started.
"""

import os
import sys
from functools import partial

import anyio
import msgspec

from benchmarks.nemesis.figure import arguments, until_signalled
from benchmarks.nemesis.soak import Plan, soak


async def main(minutes: float, seed: int) -> int:
    findings = await soak(Plan(seconds=minutes * 60, seed=seed), dict(os.environ))
    print(msgspec.json.encode({"seed": seed, **msgspec.structs.asdict(findings)}).decode())  # noqa: T201  # a script's output
    return int(bool(findings.violations))


if __name__ == "__main__":
    given = arguments(3, 1)
    run = partial(until_signalled, partial(main, given[0], int(given[1])))
    sys.exit(anyio.run(run, backend_options={"use_uvloop": True}))

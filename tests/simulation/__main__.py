"""make simulate: many seeds, or one with all that happened in it."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.simulate import Simulated, simulate

# The seeds that `make simulate` begins with.
FIRST = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many to try")
    parser.add_argument("--first", type=int, default=FIRST, help="the first of them")
    parser.add_argument("--seed", type=int, help="replay this one, and show everything")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()
    if options.seed is not None:
        return _replay(options.seed)
    return _try(range(options.first, options.first + options.seeds), options.jobs)


def _replay(seed: int) -> int:
    simulated = simulate(seed, keep_trace=True)
    sys.stdout.writelines(f"{line}\n" for line in simulated.trace)
    _say(f"seed {seed}: {simulated.broken or 'every promise was kept'}")
    return int(simulated.broken is not None)


def _try(seeds: range, jobs: int) -> int:
    began = time.monotonic()
    broken = 0
    seconds, steps, seen = 0.0, 0, Counter[str]()
    for simulated in _simulated(seeds, jobs):
        seconds, steps, seen = seconds + simulated.seconds, steps + simulated.steps, seen + simulated.seen
        if simulated.broken is not None:
            broken += 1
            _say(f"seed {simulated.seed}: {simulated.broken}\n    make simulate SEED={simulated.seed}")
    took = time.monotonic() - began
    _say(
        f"{len(seeds)} seeds in {took:.1f} s ({len(seeds) / took:.1f} a second): {seconds / 3600:.1f} simulated hours,"
        f" {steps} steps, {broken} broken"
    )
    _say("  " + ", ".join(f"{what} {count}" for what, count in seen.most_common()))
    return int(broken > 0)


def _simulated(seeds: range, jobs: int) -> Iterator[Simulated]:
    if jobs == 1:
        yield from map(simulate, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(simulate, seeds, chunksize=4)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""The clock that leases are measured with."""

import time

# A machine that sleeps stops the other clocks, and not the lease that the server counts.
_RUNS_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Return seconds since some moment in the past, the same for all processes of a machine."""
    return time.clock_gettime(_RUNS_ON)

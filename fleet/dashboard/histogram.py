"""What the counts of fleet.job_minute and fleet.job_hour say about how long jobs took."""

from collections.abc import Sequence

BUCKETS = 24
# The first bucket ends at two milliseconds, and each further one at twice as much.
FIRST = 0.002


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds within which *share* of the jobs were done; None when there were none.

    Within a bucket jobs count as spread evenly, so the answer is off by less than half. The last bucket has no
    end: what lies there took at least as long as it begins.
    """
    total = sum(counts)
    if not total:
        return None
    rank = share * total
    below = 0
    for number, count in enumerate(counts):
        if count and below + count >= rank:
            low = 0.0 if number == 0 else FIRST * 2.0 ** (number - 1)
            if number == len(counts) - 1:
                return low
            return low + (FIRST * 2.0**number - low) * (rank - below) / count
        below += count
    return None


def added(counts: Sequence[Sequence[int]]) -> list[int]:
    """Return the sums by bucket."""
    return [sum(column) for column in zip(*counts, strict=True)] or [0] * BUCKETS

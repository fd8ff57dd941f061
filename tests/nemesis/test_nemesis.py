"""Some seconds of what `make nemesis` does for minutes."""

import os
from datetime import timedelta

import pytest

from benchmarks.nemesis.schedule import TO_SERVER, TO_WORKERS
from benchmarks.nemesis.soak import Plan, soak


@pytest.mark.timeout(120)
async def test_nothing_is_lost_or_run_twice_without_a_reason_while_everything_goes_wrong() -> None:
    plan = Plan(
        seconds=3,
        seed=7,
        lease=timedelta(seconds=2),
        drain=timedelta(seconds=3),
        workers=4,
        pace=0.1,
        leases=(0.3, 1.3),
    )

    findings = await soak(plan, dict(os.environ))

    assert findings.violations == []
    # Otherwise nothing was proved: every fault was hit, and took jobs away.
    assert set(findings.faults) == {*TO_WORKERS, *TO_SERVER}
    assert findings.acknowledged > 100
    assert findings.starts > findings.acknowledged
    assert findings.rescue != {}

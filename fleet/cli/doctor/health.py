"""What the queue says of itself."""

from collections.abc import Sequence
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, ok, warn

_ADVICE = {
    "live workers": "Start one.",
    "expired leases": "A living worker rescues them with its next claim; if there is one, look at its log.",
    "oldest ready wait": "Add workers or slots; fleet why tells what keeps a single job.",
    "overdue scheduled": "Claims make them ready: is there a worker of their queues?",
    "dead rows": "See vacuum and snapshots here.",
    "partitions ahead": "The cron task that makes them has not run; fleet migrate makes them, too.",
    "default partitions empty": "Days came without a partition; the cleanup deletes what lies there once it is due.",
}


async def look(ground: Ground) -> list[Finding]:
    return judge(await ground.connection.fetch('select "check", ok, detail from fleet.health()'))


def judge(checks: Sequence[Any]) -> list[Finding]:
    return [
        warn(
            f"{check['check']}: {check['detail']}",
            _ADVICE.get(check["check"], "docs/operations.md says what it means."),
        )
        for check in checks
        if not check["ok"]
    ] or [ok(f"all {len(checks)} checks of fleet.health are well")]

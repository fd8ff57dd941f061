"""Whether a queue was paused and forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, ok, warn
from fleet.cli.words import brief, counted, first_line
from fleet.sql import statement

_LONG = timedelta(hours=1)


async def look(ground: Ground) -> list[Finding]:
    return judge(await ground.connection.fetch(statement("doctor/paused")))


def judge(queues: Sequence[Any]) -> list[Finding]:
    return [
        warn(
            f"{queue['queue']} has been paused for {brief(queue['since'])} by {first_line(queue['paused_by'])}"
            f" ({first_line(queue['pause_reason']) or 'no reason given'}); {counted(queue['waiting'], 'job')} ready",
            f"If that is over: fleet resume {queue['queue']}.",
        )
        for queue in queues
        if queue["since"] > _LONG
    ] or [ok("no queue was paused and forgotten")]

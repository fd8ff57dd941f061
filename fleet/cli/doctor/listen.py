"""Whether a notification gets from one session to another: what wakes sleeping workers."""

import secrets
from datetime import timedelta
from typing import Any

import anyio

from fleet.cli.doctor.finding import Finding, Ground, bad, ok
from fleet.cli.words import brief
from fleet.db import connect

LIMIT = timedelta(seconds=4)


async def look(ground: Ground) -> list[Finding]:
    """Listen as a worker does, and notify as a producer does, by way of DATABASE_URL."""
    channel = f"fleet_doctor_{secrets.token_hex(8)}"
    heard = anyio.Event()

    def hear(*_call: Any) -> None:
        heard.set()

    async with connect(ground.settings.direct_url, application="fleet-cli") as listener:
        await listener.add_listener(channel, hear)
        began = anyio.current_time()
        await ground.connection.execute("select pg_notify($1, '')", channel)
        with anyio.move_on_after(LIMIT.total_seconds()):
            await heard.wait()
        return [judge(timedelta(seconds=anyio.current_time() - began) if heard.is_set() else None)]


def judge(took: timedelta | None) -> Finding:
    if took is None:
        return bad(
            f"a notification did not arrive within {brief(LIMIT)}: workers poll every second instead of sleeping",
            "LISTEN through a pooler in transaction mode is accepted and never delivers: set DATABASE_UNPOOLED_URL.",
        )
    return ok(f"a notification arrived after {took / timedelta(milliseconds=1):.0f} ms")

"""The first page: is anything wrong, and what is going on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard import series
from fleet.dashboard.desk import Desk
from fleet.db import Row

# Whether the queue is well is asked for once in a while, because it reads every ready job.
_HEALTH = timedelta(seconds=20)


def routes(desk: Desk) -> Sequence[Route]:
    health = _Health(desk)

    async def overview(request: Request) -> Response:
        now = desk.clock()
        reading = desk.reading
        return desk.page(
            request,
            "overview",
            checks=await health.checks(now),
            queues=await reading.rows("queues", None),
            workers=await reading.rows("workers"),
            failures=(await reading.rows("failures", now - timedelta(hours=24), None))[:5],
            tasks=await reading.rows("cron_tasks"),
            past=await series.past(reading, series.SPANS["24h"], now),
            sums=await reading.row("freshness"),
        )

    return [Route("/", overview)]


class _Health:
    """The last answer, until it is too old."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = anyio.Lock()
        self._asked: datetime | None = None
        self._checks: list[Row] = []

    async def checks(self, now: datetime) -> list[Row]:
        async with self._lock:
            if self._asked is None or now - self._asked > _HEALTH:
                self._checks = await self._desk.reading.rows("health")
                self._asked = now
        return self._checks

"""Cron tasks: whether each was done in time, and what each run did."""

import re
from collections.abc import Sequence

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk

PAGE = 50
_TASK = re.compile(r"[a-z][a-z0-9-]{0,62}")


def routes(desk: Desk) -> Sequence[Route]:
    async def tasks(request: Request) -> Response:
        rows = await desk.reading.rows("cron_tasks")
        return desk.page(request, "cron", tasks=[(row, told(row["counts"])) for row in rows])

    async def runs(request: Request) -> Response:
        task = request.path_params["task"]
        if not _TASK.fullmatch(task):
            raise HTTPException(404)
        rows = await desk.reading.rows("cron_runs", task, number(request.query_params.get("below")))
        if not rows:
            raise HTTPException(404)
        return desk.page(
            request,
            "cron_runs",
            task=task,
            runs=[(row, told(row["counts"])) for row in rows],
            rest=rows[-1]["id"] if len(rows) == PAGE else None,
        )

    return [Route("/cron", tasks), Route("/cron/{task}", runs)]


def told(counts: str) -> dict[str, object]:
    """Return what a run did, without what it did nothing of."""
    return {name.replace("_", " "): count for name, count in msgspec.json.decode(counts).items() if count}

"""What people did, on record."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk

PAGE = 50


def routes(desk: Desk) -> Sequence[Route]:
    async def actions(request: Request) -> Response:
        rows = await desk.reading.rows("actions", number(request.query_params.get("below")))
        return desk.page(
            request,
            "actions",
            actions=[(row, msgspec.json.decode(row["details"], type=dict[str, object])) for row in rows],
            done=number(request.query_params.get("done"), 0),
            rest=rows[-1]["id"] if len(rows) == PAGE else None,
        )

    return [Route("/actions", actions)]

"""What a platform asks: whether the process lives, and whether it has a database to show."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fleet.dashboard.desk import Desk
from fleet.dashboard.guard import PROBES
from fleet.db import ConnectionFailure, ServerError


def routes(desk: Desk) -> Sequence[Route]:
    async def livez(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        try:
            await desk.reading.row("freshness")
        except (*ConnectionFailure, ServerError):
            return PlainTextResponse("the database cannot be used\n", 503)
        return PlainTextResponse("ok\n")

    return [Route(path, answer) for path, answer in zip(PROBES, (livez, readyz), strict=True)]

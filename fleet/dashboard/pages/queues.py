"""Queues: how deep, how long, how fast; and one queue by itself."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard import series
from fleet.dashboard.desk import Desk


def routes(desk: Desk) -> Sequence[Route]:
    async def queues(request: Request) -> Response:
        span = series.span_of(request.query_params.get("span"))
        now = desk.clock()
        return desk.page(
            request,
            "queues",
            queues=await desk.reading.rows("queues", None),
            span=span,
            spans=series.SPANS.values(),
            past=await series.past(desk.reading, span, now),
            depths=await series.depths(desk.reading, span, now),
            sums=await desk.reading.row("freshness"),
        )

    async def queue(request: Request) -> Response:
        name = request.path_params["name"]
        row = await desk.reading.row("queues", name)
        if row is None:
            raise HTTPException(404)
        span = series.span_of(request.query_params.get("span"))
        now = desk.clock()
        return desk.page(
            request,
            "queue",
            queue=row,
            kinds=[known for known in await desk.reading.rows("kinds") if known["queue"] == name],
            span=span,
            spans=series.SPANS.values(),
            past=await series.past(desk.reading, span, now, queue=name),
            depths=await series.depths(desk.reading, span, now, queue=name),
            sums=await desk.reading.row("freshness"),
        )

    return [Route("/queues", queues), Route("/queues/{name}", queue)]

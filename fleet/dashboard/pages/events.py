"""The stream that tells open pages what has changed."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from fleet.dashboard.desk import Desk
from fleet.dashboard.live import MOST_PAGES


def routes(desk: Desk) -> Sequence[Route]:
    async def events(_request: Request) -> Response:
        if desk.pulse.pages >= MOST_PAGES:
            raise HTTPException(503, "So many pages are open that no more of them are kept up to date.")
        return StreamingResponse(
            desk.pulse.stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    return [Route("/events", events)]

"""The search for jobs."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fleet.dashboard import acting, finding
from fleet.dashboard.asked import ENDED, LIVE, number, wanted
from fleet.dashboard.desk import Desk
from fleet.dashboard.finding import Found


def routes(desk: Desk) -> Sequence[Route]:
    async def jobs(request: Request) -> Response:
        search, problems = wanted(request.query_params)
        live, ended = Found(), Found()
        part = request.query_params.get("part")
        rest = request.query_params.get("rest")
        if not problems:
            try:
                if part != "ended":
                    live = await finding.live(desk.reading, search, rest if part == "live" else None)
                if part != "live":
                    ended = await finding.finished(desk.reading, search, rest if part == "ended" else None)
            except ValueError:
                raise HTTPException(404) from None
        return desk.page(
            request,
            "jobs",
            search=search,
            problems=problems,
            lists=[
                (name, said, found)
                for name, said, found in (("live", "Live jobs", live), ("ended", "Finished jobs", ended))
                if part in {None, name} and getattr(search, name) != []
            ],
            kinds=await desk.reading.rows("kinds"),
            states=(*LIVE, *ENDED),
            most=acting.MOST_JOBS,
        )

    async def go(request: Request) -> Response:
        """Where the field at the top of each page leads: a number is a job, anything else a key."""
        text = request.query_params.get("q", "").strip().removeprefix("#")
        if text.isascii() and text.isdigit():
            return RedirectResponse(f"/jobs/{number(text)}", 303)
        search, _ = wanted({"key": text})
        return RedirectResponse(f"/jobs?{search.address()}", 303)

    return [Route("/jobs", jobs), Route("/go", go)]

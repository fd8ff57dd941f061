"""Inventories of tests, to be read."""

from collections.abc import Sequence

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk

PAGE = 50
FILES = 100


def routes(desk: Desk) -> Sequence[Route]:
    async def analyses(request: Request) -> Response:
        part = _part(request)
        rows = await desk.reading.rows("analyses", number(request.query_params.get("below")), part)
        rest = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
        return desk.page(request, "analyses", analyses=rows[:PAGE], rest=rest, part=part or "")

    async def analysis(request: Request) -> Response:
        row = await desk.reading.row("analysis", number(request.path_params["id"]))
        if row is None:
            raise HTTPException(404)
        files = await desk.reading.rows("analysis_files", row["id"], number(request.query_params.get("above"), 0))
        return desk.page(
            request,
            "analysis",
            analysis=row,
            phases=msgspec.json.decode(row["phases"], type=dict[str, float]) if row["phases"] else {},
            files=files[:FILES],
            rest=files[FILES - 1]["file"] if len(files) > FILES else None,
        )

    async def tests(request: Request) -> Response:
        row = await desk.reading.row("analysis", number(request.path_params["id"]))
        found = row and await desk.reading.rows("analysis_tests", row["id"], number(request.path_params["file"]))
        if not row or not found:
            raise HTTPException(404)
        return desk.page(request, "analysis_tests", analysis=row, tests=found)

    return [
        Route("/analyses", analyses),
        Route("/analyses/{id}", analysis),
        Route("/analyses/{id}/{file}", tests),
    ]


def _part(request: Request) -> str | None:
    part = request.query_params.get("repository", "").strip()[:200]
    return part.replace("\0", "") or None

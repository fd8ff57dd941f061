"""Specification documents, to be read."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk
from fleet.db import Row
from fleet.specgen.document import Subject
from fleet.specgen.links import file_url

PAGE = 50


def routes(desk: Desk) -> Sequence[Route]:
    async def documents(request: Request) -> Response:
        part = request.query_params.get("repository", "").strip()[:200].replace("\0", "") or None
        rows = await desk.reading.rows("documents", number(request.query_params.get("below")), part)
        rest = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
        return desk.page(request, "documents", documents=rows[:PAGE], rest=rest, part=part or "")

    async def document(request: Request) -> Response:
        row = await desk.reading.row("document", number(request.path_params["id"]))
        if row is None:
            raise HTTPException(404)
        above = number(request.query_params.get("above"), 0)
        lines = await desk.reading.rows("behaviours", row["id"], row["analysis_id"], above)
        features = [list(of) for _, of in groupby(lines, key=lambda line: line["feature"])]
        # The last one may have been cut short: it begins the next page.
        cut = len(features) > PAGE or len(lines) >= _MOST
        shown = features[:-1] if cut and len(features) > 1 else features
        return desk.page(
            request,
            "document",
            document=row,
            features=[(of[0]["domain"], of[0]["feature_name"], of) for of in shown],
            rest=shown[-1][0]["feature"] if cut and shown else None,
            page_of=partial(file_url, subject_of(row)),
        )

    return [Route("/documents", documents), Route("/documents/{id}", document)]


_MOST = 2000


def subject_of(row: Row) -> Subject:
    return Subject(
        analysis=row["analysis_id"],
        codebase=row["codebase_id"],
        host=row["host"],
        owner=row["owner"],
        repo=row["repo"],
        commit=row["commit"],
        tests=row["tests"],
    )

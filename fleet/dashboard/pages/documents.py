"""Specification documents, to be read."""

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk
from fleet.db import Row

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
            source=source_of(row),
        )

    return [Route("/documents", documents), Route("/documents/{id}", document)]


_MOST = 2000


def source_of(row: Row) -> str | None:
    """Return the address below which a host shows the files of a commit, where that is known."""
    if row["host"] != "github.com":
        return None
    owner, repo = quote(row["owner"], safe=""), quote(row["repo"], safe="")
    return f"https://github.com/{owner}/{repo}/blob/{row['commit']}/"

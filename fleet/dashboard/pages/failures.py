"""Failures, grouped by what the errors say."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard import charts, series
from fleet.dashboard.asked import Wanted
from fleet.dashboard.desk import Desk


def routes(desk: Desk) -> Sequence[Route]:
    async def failures(request: Request) -> Response:
        span = series.span_of(request.query_params.get("span"))
        kind = request.query_params.get("kind") or None
        now = desk.clock()
        since = (now - span.length).replace(minute=0, second=0, microsecond=0)
        rows = await desk.reading.rows("failures", since, kind)
        groups = [
            {
                "row": row,
                "hours": charts.spark(
                    series.hours(since, now, row["hours"], row["by_hour"]), f"{row['jobs']} over {span.said}"
                ),
                "search": Wanted(
                    kind=row["kind"],
                    state="broken",
                    error_class=row["error_class"] or None,
                    sentence=row["sentence"] if row["error_class"] else None,
                    after=since,
                ).address(),
                "is_new": row["first_at"] >= since,
            }
            for row in rows
        ]
        return desk.page(
            request,
            "failures",
            groups=groups,
            span=span,
            spans=series.SPANS.values(),
            kind=kind,
            kinds=await desk.reading.rows("kinds"),
            sums=await desk.reading.row("freshness"),
        )

    return [Route("/failures", failures)]

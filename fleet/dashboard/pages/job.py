"""One job: why it is as it is, and everything that happened to it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard import words
from fleet.dashboard.acting import ON_JOBS
from fleet.dashboard.asked import number
from fleet.dashboard.desk import Desk


def routes(desk: Desk) -> Sequence[Route]:
    async def job(request: Request) -> Response:
        id_ = number(request.path_params["id"])
        row = await desk.reading.row("job", id_)
        why = [reason["sentence"] for reason in await desk.reading.rows("why", id_)]
        if row is None:
            return desk.page(request, "no_job", status=404, id=id_, why=why)
        return desk.page(
            request,
            "job",
            job=row,
            why=why,
            story=await desk.reading.rows("story", id_),
            progress=words.parsed(row["progress"]),
            elsewhere=desk.traces(id_, row["traceparent"]),
            deeds=[what for what, states in ON_JOBS.items() if row["state"] in states],
        )

    return [Route("/jobs/{id}", job)]

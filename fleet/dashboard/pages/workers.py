"""Workers, and what they run."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.dashboard.desk import Desk
from fleet.db import Row

_NOTHING = timedelta(0)
# A keeper renews five times within a lease, of seconds; a machine's hiccup is no sickness.
_LOW = timedelta(seconds=3)


def routes(desk: Desk) -> Sequence[Route]:
    async def workers(request: Request) -> Response:
        rows = await desk.reading.rows("workers")
        return desk.page(request, "workers", workers=[(row, ailments(row)) for row in rows])

    async def running(request: Request) -> Response:
        worker = request.query_params.get("worker") or None
        try:
            chosen = worker and UUID(worker)
        except ValueError:
            raise HTTPException(404) from None
        return desk.page(request, "running", jobs=await desk.reading.rows("running", chosen), worker=worker)

    return [Route("/workers", workers), Route("/running", running)]


def ailments(worker: Row) -> list[str]:
    """Say what is wrong with a worker; nothing, mostly."""
    found = []
    slots = sum(worker["slots"] or ())
    if worker["lease_left"] <= _NOTHING:
        jobs = worker["running"]
        found.append(
            "dead: its lease ran out"
            + (f", and the next claim rescues its {jobs} {'job' if jobs == 1 else 'jobs'}" if jobs else "")
        )
    elif worker["lease_left"] < _LOW:
        found.append("its lease is about to run out")
    if slots and worker["running"] > slots:
        found.append("runs more jobs than it has slots")
    if worker["older"]:
        found.append("runs another version than the newest worker of its service")
    return found

"""The dashboard as an ASGI application: its pages, its refusals, and what stands before them."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from itertools import chain

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from fleet.dashboard.desk import HERE, Desk
from fleet.dashboard.guard import Guard
from fleet.dashboard.pages import (
    acting,
    actions,
    analyses,
    cron,
    documents,
    events,
    failures,
    job,
    jobs,
    login,
    overview,
    probes,
    queues,
    workers,
)
from fleet.db import (
    ConnectionFailure,
    InsufficientPrivilege,
    LockNotAvailable,
    QueryCanceled,
    RefusedValue,
    ServerError,
)

_PAGES: Sequence[Callable[[Desk], Sequence[BaseRoute]]] = (
    overview.routes,
    queues.routes,
    workers.routes,
    failures.routes,
    jobs.routes,
    job.routes,
    acting.routes,
    actions.routes,
    analyses.routes,
    documents.routes,
    cron.routes,
    events.routes,
    login.routes,
    probes.routes,
)

_SAID: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], int, str]] = (
    (QueryCanceled, 503, "The database took too long. It may be busy; try again, or ask for less."),
    (LockNotAvailable, 503, "Somebody else holds what this needs, and nothing was done. Try again."),
    (
        InsufficientPrivilege,
        503,
        "The database user of this dashboard may not do that: it needs the role fleet_operator.",
    ),
    (RefusedValue, 400, "The database refuses a value of that."),
    (ConnectionFailure, 503, "The database cannot be reached."),
)
# The classes of states in which a server is not there for anybody: connections, resources, its operator's doing.
_AWAY = ("08", "28", "3D", "53", "55000", "57P", "58")


def make_app(desk: Desk) -> Starlette:
    refuse = _refusals(desk)
    static = Mount("/static", StaticFiles(directory=HERE / "static"))
    return Starlette(
        routes=[static, *chain.from_iterable(routes(desk) for routes in _PAGES)],
        middleware=[Middleware(Guard, options=desk.options, signer=desk.signer, clock=desk.clock)],
        exception_handlers=dict.fromkeys(
            (HTTPException, ServerError, *ConnectionFailure, *RefusedValue, Exception), refuse
        ),
    )


def _refusals(desk: Desk) -> Callable[[Request, Exception], Response]:
    def refuse(request: Request, error: Exception) -> Response:
        status, sentence = _judge(error)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            structlog.get_logger().error("dashboard.page_failed", path=request.url.path, exc_info=error)
        return desk.page(request, "refusal", status=status, sentence=sentence, phrase=HTTPStatus(status).phrase)

    return refuse


def _judge(error: Exception) -> tuple[int, str]:
    """Return the status, and what to say; the texts of other errors can hold anything."""
    if isinstance(error, HTTPException):
        is_missing = error.status_code == HTTPStatus.NOT_FOUND
        return error.status_code, "There is nothing here." if is_missing else error.detail
    if isinstance(error, ServerError) and (error.sqlstate or "").startswith("FL"):
        return 400, str(error)
    if isinstance(error, ServerError) and (error.sqlstate or "").startswith(_AWAY):
        return 503, "The database cannot be used now."
    return next(
        ((status, sentence) for kinds, status, sentence in _SAID if isinstance(error, kinds)),
        (500, "This page is broken. The log of the dashboard says why."),
    )

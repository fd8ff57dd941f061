"""What can be done from the pages: first a look at what it would change, then the deed with its reason."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fleet.dashboard import finding
from fleet.dashboard.acting import MOST_JOBS, ON_JOBS, ON_QUEUES, Deed, act
from fleet.dashboard.asked import LIVE, duration, ids, wanted
from fleet.dashboard.desk import Desk
from fleet.db import Row

# To look for all jobs of a search, once, before something is done to them.
_PATIENCE = timedelta(seconds=5)
_SHOWN = 100
_LONGEST_REASON = 1024


def routes(desk: Desk) -> Sequence[Route]:
    async def confirm(request: Request) -> Response:
        form = request.state.form
        what = _what(form, (*ON_JOBS, *ON_QUEUES))
        if what in ON_QUEUES:
            return _ask(desk, request, what, queues=form.get("queue", []))
        jobs, more = ids(form.get("id", [])), False
        if "search" in form:
            jobs, more = await _all_of(desk, what, form["search"][0])
        return _ask(desk, request, what, jobs=jobs, more=more, states=await desk.reading.rows("states", jobs[:_SHOWN]))

    async def do(request: Request) -> Response:
        form = request.state.form
        what = _what(form, (*ON_JOBS, *ON_QUEUES))
        jobs, queues = ids(form.get("id", [])), form.get("queue", [])
        why = _first(form, "why")
        problem = _problem(what, why, _first(form, "priority"))
        if problem:
            states = await desk.reading.rows("states", jobs[:_SHOWN])
            return _ask(desk, request, what, jobs=jobs, queues=queues, states=states, problem=problem, why=why)
        deed = Deed(
            what=what,
            who=request.state.actor,
            why=why,
            jobs=jobs[:MOST_JOBS],
            queues=queues,
            priority=int(_first(form, "priority")) if what == "reprioritise" else None,
            lasting=duration(_first(form, "minutes")) if what == "pause" else None,
        )
        if not deed.jobs and not deed.queues:
            raise HTTPException(400, "Nothing was chosen.")
        number = await act(desk.pool, deed)
        return RedirectResponse(f"/actions?done={number}#action-{number}", 303)

    return [Route("/act", confirm, methods=["POST"]), Route("/act/do", do, methods=["POST"])]


def _ask(desk: Desk, request: Request, what: str, **values: object) -> Response:
    jobs, queues = values.get("jobs") or [], values.get("queues") or []
    given = {"jobs": [], "queues": [], "more": False, "states": [], "problem": None, "why": "", **values}
    status = 400 if given["problem"] or not (jobs or queues) else 200
    return desk.page(
        request, "confirm", status=status, what=what, fits=ON_JOBS.get(what, ()), most=MOST_JOBS, shown=_SHOWN, **given
    )


async def _all_of(desk: Desk, what: str, query: str) -> tuple[list[int], bool]:
    """Return the jobs of a search that the deed can be done to, and whether there are more."""
    search, problems = wanted(dict(parse_qsl(query, keep_blank_values=True)))
    if problems:
        raise HTTPException(400, "; ".join(problems))
    fits = ON_JOBS[what]
    states = [state for state in (search.states or fits) if state in fits]
    if not states:
        return [], False
    rows: list[Row] = []
    is_cut = False
    # One search for each state: a deed fits some of those that a search may be for.
    for state in states:
        part = finding.live if state in LIVE else finding.finished
        narrowed = msgspec.structs.replace(search, state=state)
        found = await part(desk.reading, narrowed, None, limit=MOST_JOBS + 1 - len(rows), patience=_PATIENCE)
        rows += found.rows
        is_cut = is_cut or found.rest is not None
        if len(rows) > MOST_JOBS:
            break
    return sorted({row["id"] for row in rows[:MOST_JOBS]}), is_cut or len(rows) > MOST_JOBS


def _what(form: dict[str, list[str]], allowed: Sequence[str]) -> str:
    what = _first(form, "what")
    if what not in allowed:
        raise HTTPException(400, "That cannot be done here.")
    return what


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0].strip()


def _problem(what: str, why: str, priority: str) -> str | None:
    if not why or len(why.encode()) > _LONGEST_REASON:
        return "Say why, in a sentence: whoever looks at this in a month will want to know."
    if what == "reprioritise":
        try:
            fits = -32768 <= int(priority) <= 32767  # noqa: PLR2004  # what the column holds
        except ValueError:
            fits = False
        if not fits:
            return "A priority is a whole number; the lowest runs first."
    return None

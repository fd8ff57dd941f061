"""Where whoever has the token shows it, once."""

import secrets
from collections.abc import Sequence

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fleet.dashboard.desk import Desk
from fleet.dashboard.guard import is_token
from fleet.dashboard.session import COOKIE, Session

# One wrong token a second, whoever tries.
_PAUSE = 1.0


def routes(desk: Desk) -> Sequence[Route]:
    turn = anyio.CapacityLimiter(1)

    async def ask(request: Request) -> Response:
        return desk.page(request, "login", next=_inside(request.query_params.get("next", "/")), wrong=False, name="")

    async def check(request: Request) -> Response:
        form = request.state.form
        name = form.get("name", [""])[0].strip()[:100]
        where = _inside(form.get("next", ["/"])[0])
        if not is_token(desk.options, form.get("token", [""])[0].strip()):
            async with turn:
                await anyio.sleep(_PAUSE)
            return desk.page(request, "login", status=403, next=where, wrong=True, name=name)
        session = Session(id=secrets.token_hex(16), name=name, member=True, until=desk.clock() + desk.options.session)
        answer = RedirectResponse(where, 303)
        _set(answer, request, desk.signer.write(session), round(desk.options.session.total_seconds()))
        return answer

    async def leave(request: Request) -> Response:
        answer = RedirectResponse("/login", 303)
        _set(answer, request, "", 0)
        return answer

    return [
        Route("/login", ask),
        Route("/login", check, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
    ]


def _set(answer: Response, request: Request, value: str, age: int) -> None:
    secure = request.headers.get("x-forwarded-proto") == "https"
    answer.set_cookie(COOKIE, value, max_age=age, path="/", httponly=True, samesite="strict", secure=secure)


def _inside(address: str) -> str:
    """Return where to go on, if it is a page of this dashboard."""
    is_inside = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_inside else "/"

"""What every request passes before it reaches a page: the host, the session, the form's word, the headers."""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.dashboard.options import Options
from fleet.dashboard.session import COOKIE, Session, Signer

LONGEST_BODY = 1 << 20
MOST_FIELDS = 20_000

# Nothing is loaded from anywhere else, and no page is shown inside of another.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # With none at all, browsers would not say where a form comes from either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
# What whoever has no session may ask for.
OPEN = ("/static/", "/login")
# What a platform asks, under a name of its own and without a session. Nothing is told but yes or no.
PROBES = ("/livez", "/readyz")


class Guard:
    """An ASGI application around another one; what it found out is in the request's state: session, form, actor."""

    def __init__(self, app: ASGIApp, *, options: Options, signer: Signer, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._options = options
        self._signer = signer
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session, is_new = self._session(headers)

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
                answer.setdefault("cache-control", "no-store")
                if is_new and "set-cookie" not in answer:
                    answer.append("set-cookie", self.cookie(session, headers))
            await send(message)

        refusal = await self._refusal(scope, receive, headers, session)
        await (refusal or self._app)(scope, receive, dress)

    def cookie(self, session: Session, headers: Headers) -> str:
        secure = "; Secure" if headers.get("x-forwarded-proto") == "https" else ""
        return f"{COOKIE}={self._signer.write(session)}; Path=/; HttpOnly; SameSite=Strict{secure}"

    async def _refusal(self, scope: Scope, receive: Receive, headers: Headers, session: Session) -> Response | None:
        """Return what to answer instead of a page, or None when the request may go on."""
        # A name that somebody points at this machine is not this machine's: without this, a page of theirs could read.
        if self._options.hosts and host_of(headers.get("host", "")) not in self._options.hosts:
            return PlainTextResponse("this dashboard is not known by that name; see DASHBOARD_HOSTS\n", 421)
        path = scope["path"]
        if not session.member and not path.startswith(OPEN):
            if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                query = scope["query_string"].decode("ascii", "replace")
                return RedirectResponse(f"/login?next={quote(path + ('?' + query if query else ''), safe='')}", 303)
            return PlainTextResponse("show the token, as a bearer or at /login\n", 401, {"www-authenticate": "Bearer"})
        scope.setdefault("state", {})
        scope["state"]["session"] = session
        scope["state"]["actor"] = self._actor(headers, session)
        scope["state"]["form"] = {}
        if scope["method"] in {"GET", "HEAD"}:
            return None
        return await self._check_form(scope, receive, headers, session)

    async def _check_form(self, scope: Scope, receive: Receive, headers: Headers, session: Session) -> Response | None:
        body = await _read(receive)
        if body is None:
            return PlainTextResponse("that is more than a form of this dashboard holds\n", 413)
        form = _parse(body)
        if form is None:
            return PlainTextResponse("that is no form of this dashboard\n", 400)
        if not _is_own(headers) or not (
            self._is_bearer(headers) or self._signer.owns_form(session, form.get("word", [""])[0])
        ):
            return PlainTextResponse("this form is not from a page of your session; open the page again\n", 403)
        if self._options.read_only and scope["path"] not in {"/login", "/logout"}:
            return PlainTextResponse("this dashboard is for reading only\n", 403)
        scope["state"]["form"] = form
        return None

    def _session(self, headers: Headers) -> tuple[Session, bool]:
        """Return the session of a request, and whether it has just begun."""
        now = self._clock()
        known = self._signer.read(_cookie_of(headers), now)
        if known is not None and known.member:
            return known, False
        member = self._options.token is None or self._is_bearer(headers)
        if known is not None and not member:
            return known, False
        fresh = Session(id=secrets.token_hex(16), name="", member=member, until=now + self._options.session)
        # A program that shows the token each time has no use for a cookie.
        return fresh, not self._is_bearer(headers)

    def _is_bearer(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and is_token(self._options, given.strip())

    def _actor(self, headers: Headers, session: Session) -> str:
        told = headers.get(self._options.user_header, "") if self._options.user_header else ""
        return (told or session.name or self._options.actor)[:200]


def is_token(options: Options, given: str) -> bool:
    return options.token is not None and hmac.compare_digest(
        given.encode("utf-8", "replace"), options.token.reveal().encode()
    )


def host_of(header: str) -> str:
    """Return the name in a Host header, without its port and brackets; empty where it is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_own(headers: Headers) -> bool:
    """Whether a form was sent by a page of this dashboard, as far as the browser says."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _cookie_of(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


async def _read(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LONGEST_BODY:
            return None
        if not message.get("more_body"):
            return body


def _parse(body: bytes) -> dict[str, list[str]] | None:
    try:
        form = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    # PostgreSQL has no text with a NUL in it.
    return None if any("\0" in value for values in form.values() for value in values) else form

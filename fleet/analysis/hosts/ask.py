"""Asks a host's API who a repository is, and tells an answer from the lack of one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import random
from urllib.parse import urljoin, urlsplit

import msgspec

from fleet.analysis.hosts.identity import Dialect, Identity
from fleet.analysis.hosts.patience import SPREAD, Quiet, patience
from fleet.analysis.hosts.remembered import Remembered, asker
from fleet.analysis.repository import RepositoryAddress
from fleet.config import Secret
from fleet.errors import (
    InvalidRepository,
    RepositoryRefused,
    RepositoryUnavailable,
    ServerUnavailable,
    Snooze,
    TokenUnusable,
)
from fleet.http import Answer, Http
from fleet.log import get_logger

_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_MOST_REDIRECTS = 3
_NOT_WITH_THIS_TOKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_REFUSALS = _NOT_WITH_THIS_TOKEN | {
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
}


def _now() -> datetime:
    return datetime.now(UTC)


class Asking:
    """Identities of one host, by its API."""

    def __init__(
        self,
        http: Http,
        dialect: Dialect,
        *,
        remembered: Remembered,
        own: Secret | None = None,
        now: Callable[[], datetime] = _now,
        random: Callable[[], float] = random,
    ) -> None:
        """*own* is the fleet's token, with which it asks where there is no user's: hosts allow those few questions."""
        self._http = http
        self._dialect = dialect
        self._remembered = remembered
        self._own = own
        self._now = now
        self._random = random
        self._quiet = Quiet()

    async def identify(self, address: RepositoryAddress, token: Secret | None) -> Identity:
        """Ask with *token* where there is one; a token that the host does not take says nothing of the repository."""
        if token is not None and not _is_sendable(token):
            raise TokenUnusable("the stored token is not one that can be sent")
        url = self._dialect.url(address)
        answer, identity = await (self._ask_for_nobody(url) if token is None else self._ask(url, token))
        if token is not None and identity is None and answer.status in _NOT_WITH_THIS_TOKEN:
            answer, identity = await self._ask_for_nobody(url)
        if identity is None:
            raise RepositoryRefused("the repository does not exist, or may not be read", status=answer.status)
        return identity

    async def _ask_for_nobody(self, url: str) -> tuple[Answer, Identity | None]:
        """Ask what anybody may know; what only the fleet's own token is shown is not there for whoever has none."""
        if self._own is None:
            return await self._ask(url, None)
        answer, identity = await self._ask(url, self._own)
        if identity is None and answer.status == HTTPStatus.UNAUTHORIZED:
            get_logger().warning("api.token_refused", host=urlsplit(self._dialect.base).hostname)
            return await self._ask(url, None)
        if identity is not None and identity.private:
            return msgspec.structs.replace(answer, status=HTTPStatus.NOT_FOUND), None
        return answer, identity

    async def _ask(self, url: str, token: Secret | None) -> tuple[Answer, Identity | None]:
        """Return a good answer with whom it names, or a refusal; raises for what is neither."""
        left = self._quiet.left(asker(token), now=self._now())
        if left is not None:
            raise self._later(left)
        for _ in range(_MOST_REDIRECTS + 1):
            known = self._remembered.find(url, token)
            answer = await self._get(url, token, None if known is None else known.etag)
            if answer.status == HTTPStatus.NOT_MODIFIED and known is not None:
                return answer, known.identity
            if answer.status == HTTPStatus.OK:
                identity = self._read(answer, anonymous=token is None)
                self._remembered.keep(url, token, answer.headers.get("etag"), identity)
                return answer, identity
            if answer.status not in _REDIRECTS:
                self._require_refusal(answer, token)
                return answer, None
            url = self._next(url, answer)
        raise self._useless("it redirects without end")

    async def _get(self, url: str, token: Secret | None, etag: str | None) -> Answer:
        headers = {"Accept": self._dialect.accept} | ({} if etag is None else {"If-None-Match": etag})
        try:
            return await self._http.get(url, headers=headers, token=token)
        except ServerUnavailable as error:
            raise self._useless(str(error)) from None

    def _read(self, answer: Answer, *, anonymous: bool) -> Identity:
        try:
            return self._dialect.read(answer.body, anonymous=anonymous)
        except msgspec.MsgspecError:
            raise self._useless("its answer makes no sense") from None
        except InvalidRepository:
            raise RepositoryRefused("the repository has moved to an address that is not accepted") from None

    def _next(self, url: str, answer: Answer) -> str:
        """Return where *answer* points to; only another URL of the same API is believed."""
        target = urljoin(url, answer.headers.get("location", ""))
        if urlsplit(target)[:2] != urlsplit(url)[:2] or not target.startswith(self._dialect.base + "/"):
            raise self._useless("it redirects to somewhere else")
        return target

    def _require_refusal(self, answer: Answer, token: Secret | None) -> None:
        """Return when it is the API that refuses; raises Snooze, or RepositoryUnavailable for anything else.

        A proxy, a captive portal or a page of maintenance has statuses, too, but does not answer as the API does.
        """
        now = self._now()
        wait = patience(answer, now=now)
        if wait is not None:
            self._quiet.begin(asker(token), wait, now=now)
            raise self._later(wait)
        if answer.status not in _REFUSALS:
            raise self._useless(f"it answered with the status {answer.status}")
        try:
            msgspec.json.decode(answer.body, type=dict[str, object])
        except msgspec.MsgspecError:
            raise self._useless(f"the status {answer.status} is not its own") from None

    def _later(self, wait: timedelta) -> Snooze:
        # Not all at once: whoever waits for the same moment would ask for patience again.
        after = wait + min(wait, SPREAD) * self._random()
        return Snooze("the host's API asks for patience", after=after, host=urlsplit(self._dialect.base).hostname)

    def _useless(self, reason: str) -> RepositoryUnavailable:
        host = urlsplit(self._dialect.base).hostname
        return RepositoryUnavailable("the host's API does not say who the repository is", host=host, reason=reason)


def _is_sendable(token: Secret) -> bool:
    text = token.reveal()
    return text.isascii() and text.isprintable() and text.strip() == text and bool(text)

"""What a provider's answer means, by its status, its headers and its JSON: never by the wording of a text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from fleet.http import Answer

_OVERLOADED = 529  # what some providers say for a 503 of their own
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, _OVERLOADED})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
_SERVER_ERROR = 500
_TOO_LONG = frozenset({"context_length_exceeded", "string_above_max_length"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
# All that some servers say of a question that is too long for their model.
_MALFORMED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
# Of an error: words of the protocol, in which nothing can be repeated that was sent.
_CODE = re.compile(r"[A-Za-z_]{1,64}")
_MOST_DIGITS = 8

Count = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the provider counts them."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    total_tokens: Count = 0

    @property
    def tokens_out(self) -> int:
        """Some leave out of the completion what the model thought, and count it in the total."""
        return max(self.completion_tokens, self.total_tokens - self.prompt_tokens)


class Completion(msgspec.Struct, frozen=True):
    """The model answered; *content* is empty where it would not."""

    content: str
    finish: str | None
    usage: Usage | None


class Garbled(msgspec.Struct, frozen=True):
    """A good status, and a body that makes no sense: cut off on its way, or from somebody else."""


class Busy(msgspec.Struct, frozen=True):
    """Ask again later; *is_failure* unless it is only a rate that was passed."""

    wait: timedelta | None
    is_failure: bool


class Broken(msgspec.Struct, frozen=True):
    """The provider failed."""


class TooLarge(msgspec.Struct, frozen=True):
    """The request is longer than the model takes."""


class Filtered(msgspec.Struct, frozen=True):
    """The provider lets nothing of the kind through to its model."""


class Refused(msgspec.Struct, frozen=True):
    """Asking again would change nothing; a shorter question might, where it is *malformed*."""

    status: int
    code: str | None

    @property
    def malformed(self) -> bool:
        return self.status in _MALFORMED


Verdict = Completion | Garbled | Busy | Broken | TooLarge | Filtered | Refused


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Body(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]
    usage: msgspec.Raw = msgspec.Raw(b"null")


def judge(answer: Answer, *, now: datetime) -> Verdict:
    if answer.status == HTTPStatus.OK:
        return _completion(answer.body)
    code = _code_of(answer.body)
    if code in _TOO_LONG or answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge()
    if code in _FILTERED:
        return Filtered()
    return Refused(answer.status, code) if code in _NO_MONEY else _by_status(answer, code, now)


def _by_status(answer: Answer, code: str | None, now: datetime) -> Verdict:
    if answer.status in _BUSY:
        wait = _retry_after(answer.headers, now)
        return Busy(wait, is_failure=answer.status != HTTPStatus.TOO_MANY_REQUESTS)
    if answer.status >= _SERVER_ERROR or answer.status in _PASSING:
        return Broken()
    return Refused(answer.status, code)


def _completion(body: bytes) -> Completion | Garbled:
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Garbled()
    choice = read.choices[0]
    content = "" if choice.message.refusal else choice.message.content or ""
    return Completion(content, choice.finish_reason, _usage(read.usage))


def _usage(raw: msgspec.Raw) -> Usage | None:
    """Return the counts, or None: an answer is worth something though its price makes no sense."""
    try:
        return msgspec.json.decode(raw, type=Usage | None)
    except msgspec.MsgspecError:
        return None


def _code_of(body: bytes) -> str | None:
    """Return the code of an error, or its type; some providers put the object into a list."""
    try:
        read: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(read, list):
        read = next(iter(read), None)
    error = read.get("error") if isinstance(read, dict) else None
    if not isinstance(error, dict):
        return None
    codes = (error.get(name) for name in ("code", "type"))
    return next((code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)), None)


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long a provider asks to wait; numbers that nobody means are the most there is."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text)) if len(text) <= _MOST_DIGITS else timedelta.max
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))

"""One JSON object a line for the platform, colour on a terminal."""

import io
import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Protocol, TextIO

import msgspec
import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

__all__ = ["OF_JOB", "bound_contextvars", "configure", "get_logger"]


class OfJob(Protocol):
    """Whose handler it is that logs; asked only when there is a line."""

    def facts(self) -> Mapping[str, object]:
        """Return what the line says about the job."""


# Whatever a handler starts has it too, and keeps it.
OF_JOB: ContextVar[OfJob | None] = ContextVar("of_job", default=None)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# DEL and the second set of controls, in UTF-8.
_UNESCAPED = re.compile(rb"\x7f|\xc2[\x80-\x9f]")
_encode = msgspec.json.Encoder(enc_hook=repr).encode


def configure(*, service: str, level: str = "info", stream: TextIO = sys.stdout, **identity: str) -> None:
    """Send every log line of this process to *stream*, marked with its *service* and *identity*."""
    terminal = stream.isatty()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    structlog.configure(
        processors=[
            merge_contextvars,
            _tell_job,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _identify({"service": service, **identity}),
            *(_for_terminal() if terminal else _for_platform()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream)
        if terminal
        else structlog.BytesLoggerFactory(stream.buffer),
        cache_logger_on_first_use=True,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    return structlog.get_logger()  # type: ignore[no-any-return]  # structlog types its lazy proxy as Any


def _tell_job(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    of_job = OF_JOB.get()
    return event if of_job is None else {**of_job.facts(), **event}


def _identify(identity: dict[str, str]) -> structlog.typing.Processor:
    def identify(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**identity, **event}

    return identify


def _for_platform() -> list[structlog.typing.Processor]:
    return [
        # The plain formatter shows no locals: those of a frame can hold a token.
        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(serializer=_serialize),
    ]


def _for_terminal() -> list[structlog.typing.Processor]:
    return [
        _show_controls,
        structlog.dev.ConsoleRenderer(colors=True, exception_formatter=_traceback, pad_event_to=28),
    ]


def _show_controls(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strangers' names are not to move the cursor, or to begin a line."""
    return {key: _shown(value, kept="") if isinstance(value, str) else value for key, value in event.items()}


def _traceback(stream: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    stream.write(_shown(written.getvalue(), kept="\n\t"))


def _shown(text: str, *, kept: str) -> str:
    return _CONTROLS.sub(lambda found: found[0] if found[0] in kept else repr(found[0])[1:-1], text)


def _serialize(event: Any, **_options: Any) -> bytes:
    try:
        line = _encode(event)
    except UnicodeEncodeError:
        # A lone surrogate, which this one escapes: whoever logs must not fail over a strange name.
        return json.dumps(event, default=repr).encode()
    # JSON leaves these as they are, and some terminals obey them.
    return _UNESCAPED.sub(lambda found: b"\\u%04x" % found[0][-1], line)

"""Sends spans to a collector, by OpenTelemetry's own exporter; imported only where the settings say so.

The exporter reads its own settings, OTEL_EXPORTER_OTLP_… and its like, as everybody knows them. It works in a thread
with a queue of bounded length: a collector that is gone or hangs costs spans, and nobody who works any time.
"""

import logging
import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta

import anyio
import structlog
from anyio import from_thread
from anyio.lowlevel import current_token
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from fleet.telemetry import TRACER, Fact, Role, Span, Tracer

# For what is left to be sent when the process stops; whatever is still there then is dropped.
FAREWELL = timedelta(seconds=1)

_KINDS = {
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
    "internal": trace.SpanKind.INTERNAL,
}
# The libraries that the exporter works with, whose complaints are no lines of this project's log.
_LOGGERS = ("opentelemetry", "urllib3")
_LONGEST = 200
# As the constraint of the job's row has it.
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")


class _Ids(RandomIdGenerator):
    """Gives the next span the id that is asked for, in whichever thread it begins."""

    def __init__(self) -> None:
        self.asked: ContextVar[int | None] = ContextVar("asked", default=None)

    def generate_span_id(self) -> int:
        return self.asked.get() or super().generate_span_id()


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, facts: Mapping[str, Fact], error: str | None = None) -> None:
        self._span.set_attributes(facts)
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class _Tracer:
    def __init__(self, provider: TracerProvider, ids: _Ids) -> None:
        self._tracer = provider.get_tracer("fleet")
        self._ids = ids

    def begin(
        self,
        name: str,
        role: Role,
        *,
        parent: str | None,
        facts: Mapping[str, Fact],
        span_id: int | None = None,
        follows: int | None = None,
    ) -> Span:
        above = None if parent is None else _context_of(parent)
        links = [] if above is None or follows is None else [trace.Link(_sibling(above, follows))]
        before = self._ids.asked.set(span_id)
        try:
            return _Span(
                self._tracer.start_span(
                    name,
                    # Nobody's span, rather than whichever a library of the handler has made the current one.
                    trace.set_span_in_context(trace.NonRecordingSpan(above or trace.INVALID_SPAN_CONTEXT)),
                    _KINDS[role],
                    attributes=facts,
                    links=links,
                )
            )
        finally:
            self._ids.asked.reset(before)


def _context_of(traceparent: str) -> trace.SpanContext | None:
    """Read what names a span; whoever gives an enqueue something else begins a trace."""
    if not _TRACEPARENT.match(traceparent):
        return None
    trace_id, span_id, flags = (int(part, 16) for part in traceparent.split("-")[1:])
    return trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(flags))


def _sibling(context: trace.SpanContext, span_id: int) -> trace.SpanContext:
    return trace.SpanContext(context.trace_id, span_id, is_remote=True, trace_flags=context.trace_flags)


def _resource(about: Mapping[str, str]) -> Resource:
    """What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say counts more than what the program calls itself."""
    given = OTELResourceDetector().detect()
    return Resource.create({**about, **given.attributes})


class _Complaints(logging.Handler):
    """Tells what the exporter complains of as any other line of the log, without what it puts into its sentences."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("telemetry.trouble", said=str(record.msg)[:_LONGEST])


@asynccontextmanager
async def open_tracing(service: str, *, version: str, replica: str) -> AsyncIterator[Tracer]:
    """Send spans until the block is left, and then for a moment what is left of them."""
    complaints = _Complaints(level=logging.WARNING)
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(complaints)
        logging.getLogger(name).propagate = False
    ids = _Ids()
    about = {"service.name": service, "service.version": version, "service.instance.id": replica}
    provider = TracerProvider(
        resource=_resource(about),
        id_generator=ids,
        # At the end of the process it would wait for a collector that hangs.
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = _Tracer(provider, ids)
    outside = TRACER.set(tracer)
    try:
        yield tracer
    finally:
        TRACER.reset(outside)
        await _leave(provider)


async def _leave(provider: TracerProvider) -> None:
    left, token = anyio.Event(), current_token()

    def leave() -> None:
        provider.shutdown()
        # Whoever waited may be gone by now, and the loop with it.
        with suppress(RuntimeError):
            from_thread.run_sync(left.set, token=token)

    # No thread of a pool: the loop would wait for it, for as long as the collector hangs.
    threading.Thread(target=leave, name="last spans", daemon=True).start()
    with anyio.move_on_after(FAREWELL.total_seconds(), shield=True):
        await left.wait()

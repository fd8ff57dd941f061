"""A collector of spans, as OpenTelemetry's exporters know them: HTTP with protobuf."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import anyio
import h11
import msgspec
from anyio.abc import SocketAttribute, SocketStream
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fleet.testing.until import until

_GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class Collected(msgspec.Struct, frozen=True):
    """One span, as it was received."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent: str
    links: list[str]
    facts: dict[str, str]
    failed: bool
    nanoseconds: int


class Collector:
    """Keeps what it is sent; one that *hangs* takes it and never answers."""

    def __init__(self, *, hangs: bool) -> None:
        self.spans: list[Collected] = []
        self.asked = 0
        self.port = 0
        self._hangs = hangs

    @property
    def settings(self) -> dict[str, str]:
        """What a process is told of it; spans come soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}", "OTEL_BSP_SCHEDULE_DELAY": "100"}

    async def has(self, *names: str) -> list[Collected]:
        """Wait until there is a span of each name; returns the first of each."""

        async def found() -> list[Collected] | None:
            by_name = {one.name: one for one in reversed(self.spans)}
            return [by_name[name] for name in names] if set(names) <= set(by_name) else None

        return await until(found, within=timedelta(seconds=30), what=f"the spans {names}")

    async def serve(self, stream: SocketStream) -> None:
        async with stream:
            connection, body = h11.Connection(h11.SERVER), b""
            with suppress(*_GONE, h11.RemoteProtocolError):
                while True:
                    event = connection.next_event()
                    if event is h11.NEED_DATA:
                        connection.receive_data(await stream.receive())
                    elif isinstance(event, h11.Data):
                        body += event.data
                    elif isinstance(event, h11.EndOfMessage):
                        await self._take(connection, stream, body)
                        body = b""
                        connection.start_next_cycle()

    async def _take(self, connection: h11.Connection, stream: SocketStream, body: bytes) -> None:
        self.asked += 1
        if self._hangs:
            await anyio.sleep_forever()
        self._keep(body)
        head = connection.send(h11.Response(status_code=200, headers=[("content-length", "0")])) or b""
        await stream.send(head + (connection.send(h11.EndOfMessage()) or b""))

    def _keep(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            about = {one.key: one.value.string_value for one in of_resource.resource.attributes}
            for span in (span for of_scope in of_resource.scope_spans for span in of_scope.spans):
                self.spans.append(
                    Collected(
                        service=about["service.name"],
                        name=span.name,
                        kind=span.kind,
                        trace_id=span.trace_id.hex(),
                        span_id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        links=[link.span_id.hex() for link in span.links],
                        facts={
                            one.key: str(getattr(one.value, one.value.WhichOneof("value") or "string_value"))
                            for one in span.attributes
                        },
                        failed=span.status.code == span.status.STATUS_CODE_ERROR,
                        nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,
                    )
                )


@asynccontextmanager
async def open_collector(*, hangs: bool = False) -> AsyncIterator[Collector]:
    collector = Collector(hangs=hangs)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        collector.port = listener.extra(SocketAttribute.local_port)
        tasks.start_soon(listener.serve, collector.serve)
        yield collector
        tasks.cancel_scope.cancel()

"""Spans to a collector, in processes whose environment names one."""

from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from typing import Literal, cast

from entrypoints._process import ProcessSettings
from fleet.errors import ConfigError
from fleet.telemetry import Tracer


class TracedSettings(ProcessSettings, frozen=True, kw_only=True):
    """Whether spans are sent; the exporter itself reads the rest of its settings."""

    otel_exporter_otlp_endpoint: str | None = None
    otel_exporter_otlp_traces_endpoint: str | None = None
    otel_exporter_otlp_protocol: Literal["http/protobuf"] = "http/protobuf"
    otel_sdk_disabled: bool = False

    @property
    def traces(self) -> bool:
        named = self.otel_exporter_otlp_traces_endpoint or self.otel_exporter_otlp_endpoint
        return named is not None and not self.otel_sdk_disabled


def tracing(service: str, settings: TracedSettings) -> AbstractAsyncContextManager[Tracer | None]:
    """Send spans within the block, where *settings* say so; raises ConfigError where packages for it are missing."""
    if not settings.traces:
        return nullcontext()
    try:
        # By name: the images are made without these packages, and nothing that is found in their imports may lack.
        module = import_module("fleet.ops.tracing")
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("fleet"):
            raise
        raise ConfigError(
            ["OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages of the extra telemetry are not installed"]
        ) from None
    opened = module.open_tracing(service, version=settings.version, replica=settings.replica)
    return cast("AbstractAsyncContextManager[Tracer | None]", opened)

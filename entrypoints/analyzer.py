"""The analyzer: consumes analyze jobs; the only process that can open stored tokens."""

from entrypoints._signals import leave_on_signal

if __name__ == "__main__":
    leave_on_signal()  # before the imports below, which take long enough to be stopped in

import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from tempfile import gettempdir
from typing import Annotated

import msgspec

from entrypoints._consumer import ConsumerSettings, Slots, consume
from entrypoints._process import run_process
from fleet.analysis.analyze import Analyzer
from fleet.analysis.git.scratch import sweep_scratch
from fleet.analysis.git.source import Network
from fleet.analysis.handler import AnalyzeHandler
from fleet.analysis.hosts.apis import ApiTokens, asking
from fleet.analysis.hosts.written import PATTERN
from fleet.analysis.job import Analyze
from fleet.analysis.limits import Limits
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import open_parsers
from fleet.analysis.tokens import EncryptionKeys, KeyRing
from fleet.config import also
from fleet.db import Pool
from fleet.errors import ConfigError
from fleet.http import open_http
from fleet.queue.registry import Registry


class AnalyzerSettings(ConsumerSettings, frozen=True, kw_only=True):
    """The analyzer's environment."""

    encryption_keys: Annotated[EncryptionKeys, also("ENCRYPTION_KEY")]
    analyzer_hosts: str = "github.com"
    analyzer_apis: Annotated[str, msgspec.Meta(pattern=PATTERN)] | None = None
    analyzer_api_tokens: ApiTokens | None = None
    analyzer_allow_local: bool = False
    analyzer_scratch: str | None = None
    analyzer_certificates: str | None = None
    analyzer_proxy: Annotated[str, msgspec.Meta(pattern=r"^http://[A-Za-z0-9.:\[\]-]+/?\Z")] | None = None
    parser_processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    priority_slots: Slots = 4
    default_slots: Slots = 4
    scheduled_slots: Slots = 2

    @property
    def network(self) -> Network:
        certificates = self.analyzer_certificates
        return Network(certificates=None if certificates is None else Path(certificates), proxy=self.analyzer_proxy)


async def analyze(settings: AnalyzerSettings) -> int:
    queues = {
        "analysis_priority": settings.priority_slots,
        "analysis_default": settings.default_slots,
        "analysis_scheduled": settings.scheduled_slots,
    }

    if which("git") is None:
        raise ConfigError(["git is not installed, or not on the PATH"])
    # A core file would hold the keys of all tokens; what this process starts inherits it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    @asynccontextmanager
    async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
        scratch = Path(settings.analyzer_scratch or gettempdir())
        await sweep_scratch(scratch)
        network, hosts = settings.network, tuple(settings.analyzer_hosts.split(","))
        async with (
            open_parsers(count=settings.parser_processes, limits=ParserLimits()) as parsers,
            open_http(certificates=network.certificates, proxy=network.proxy) as http,
        ):
            handler = AnalyzeHandler(
                analyzer=Analyzer(
                    pool=pool,
                    parsers=parsers,
                    limits=Limits(),
                    scratch=scratch,
                    hosts=asking(http, hosts, apis=settings.analyzer_apis, tokens=settings.analyzer_api_tokens),
                ),
                keys=KeyRing(settings.encryption_keys),
                hosts=hosts,
                network=network,
                allow_local=settings.analyzer_allow_local,
            )
            registry = Registry()
            registry.add(Analyze, handler)
            yield registry

    return await consume("analyzer", settings, queues, open_registry)


if __name__ == "__main__":
    run_process("analyzer", AnalyzerSettings, analyze)

"""The analyzer of the hostile repositories, as its program makes it, with less patience."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir

from fleet.analysis.analyze import Analyzer
from fleet.analysis.git.source import Network
from fleet.analysis.handler import AnalyzeHandler
from fleet.analysis.job import Analyze
from fleet.analysis.limits import Limits
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import open_parsers
from fleet.analysis.tokens import EncryptionKeys, KeyRing
from fleet.db import Pool
from fleet.queue.registry import Registry
from tests.processes.conftest import KEY

PARSERS = 2


@asynccontextmanager
async def open_registry(pool: Pool) -> AsyncIterator[Registry]:
    limits = ParserLimits(file_time=timedelta(milliseconds=500))
    async with open_parsers(count=PARSERS, limits=limits) as parsers:
        analyzer = Analyzer(pool=pool, parsers=parsers, limits=Limits(files=50_000), scratch=Path(gettempdir()))
        handler = AnalyzeHandler(
            analyzer=analyzer, keys=KeyRing(EncryptionKeys(KEY)), hosts=(), network=Network(), allow_local=True
        )
        registry = Registry()
        registry.add(Analyze, handler)
        yield registry

"""What an analyze job does: from its arguments to a request the use case understands."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from fleet.analysis import store
from fleet.analysis.analyze import Analyzer, Report
from fleet.analysis.git.source import LocalSource, Network, RemoteSource, local_source, remote_source
from fleet.analysis.job import LOCAL_HOST, Analyze
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.request import Request
from fleet.analysis.tokens import KeyRing, token_for
from fleet.config import Secret
from fleet.errors import InvalidJob
from fleet.queue.context import Context


class AnalyzeHandler(msgspec.Struct, frozen=True, kw_only=True):
    """Runs analyze jobs of *hosts*, and of local paths where *allow_local* says so."""

    analyzer: Analyzer
    keys: KeyRing
    hosts: Collection[str]
    network: Network
    allow_local: bool

    async def __call__(self, job: Analyze, context: Context) -> Report:
        await self._require_user(job)
        request = Request(
            address=RepositoryAddress(job.host, job.owner, job.repo),
            source=await self._source(job),
            commit=job.commit,
            user=job.user_id,
            token=await self._token(job),
        )
        return await self.analyzer.analyze(request, context)

    async def _require_user(self, job: Analyze) -> None:
        if job.user_id is not None and not await store.user_exists(self.analyzer.pool, job.user_id):
            raise InvalidJob("there is no such user - at `$.user_id`", user_id=job.user_id)

    async def _source(self, job: Analyze) -> RemoteSource | LocalSource:
        if (job.path is None) != (job.host != LOCAL_HOST):
            raise InvalidJob(f"a path goes with the host {LOCAL_HOST}, and only with it - at `$.path`")
        if job.path is not None:
            return await local_source(Path(job.path), allowed=self.allow_local)
        return remote_source(RepositoryAddress(job.host, job.owner, job.repo), hosts=self.hosts, network=self.network)

    async def _token(self, job: Analyze) -> Secret | None:
        if job.path is not None:
            return None
        async with self.analyzer.pool.acquire() as connection:
            return await token_for(connection, self.keys, job.user_id, job.host)

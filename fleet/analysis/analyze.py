"""The use case: one commit of one repository, from its address to a stored inventory."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import msgspec

from fleet.analysis import store
from fleet.analysis.access import Access, find_access
from fleet.analysis.attempt import Attempt
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.source import Source
from fleet.analysis.limits import Limits
from fleet.analysis.parse.pool import Parsers
from fleet.analysis.parse.version import PARSER_VERSION
from fleet.analysis.phases import Phases
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Totals, Writer
from fleet.analysis.take import Inventory, Taken
from fleet.config import Secret
from fleet.db import Pool
from fleet.errors import Retry, Snooze

WAIT_FOR_OTHER = timedelta(seconds=5)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be analysed, for whom, and with whose token."""

    address: RepositoryAddress
    source: Source
    commit: str | None
    user: int | None
    token: Secret | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the job leaves behind for whoever asked; *new* is False when the inventory was there already."""

    analysis_id: int
    commit: str
    files: int
    tests: int
    new: bool
    frameworks: Mapping[str, int] = {}
    unparsed: int = 0


class Analyzer(msgspec.Struct, frozen=True, kw_only=True):
    """The means of an analysis, shared by all that run in one process."""

    pool: Pool
    parsers: Parsers
    limits: Limits
    scratch: Path

    async def analyze(self, request: Request, attempt: Attempt) -> Report:
        """Take the inventory, or find it taken; either way the job is finished together with what is stored.

        Raises Snooze while another job takes the same inventory.
        """
        phases = Phases()
        await attempt.progress(0, None, "resolve")
        if request.commit and (known := await self._find_known(request, request.commit)):
            return await self._finish_known(request, attempt, request.commit, known)
        with phases.phase("resolve"):
            access = await find_access(
                request.source,
                commit=request.commit,
                token=request.token,
                limits=self.limits,
                scratch=self.scratch,
            )
        if known := await self._find_known(request, access.commit):
            return await self._finish_known(request, attempt, access.commit, known)
        return await self._fetch_and_take(request, access, attempt, phases)

    async def _fetch_and_take(self, request: Request, access: Access, attempt: Attempt, phases: Phases) -> Report:
        await attempt.progress(0, None, "fetch")
        async with AsyncExitStack() as fetched:
            with phases.phase("fetch"):
                repository = await fetched.enter_async_context(
                    open_repository(
                        request.source,
                        commit=access.commit,
                        token=access.token,
                        limits=self.limits,
                        scratch=self.scratch,
                    )
                )
            codebase = await store.codebase_at(self.pool, request.address, private=access.private)
            writer = await store.begin(
                self.pool,
                codebase,
                access.commit,
                PARSER_VERSION,
                userless=request.user is None,
                claim=(attempt.id, attempt.token),
            )
            if writer is None:
                return await self._join_other(request, attempt, access.commit, codebase)
            inventory = Inventory(
                pool=self.pool,
                parsers=self.parsers,
                limits=self.limits,
                writer=writer,
                attempt=attempt,
                phases=phases,
            )
            taken = await inventory.take(repository)
        return await self._finish(request, access.commit, attempt=attempt, writer=writer, taken=taken, phases=phases)

    async def _find_known(self, request: Request, commit: str) -> Totals | None:
        return await store.find_completed(self.pool, request.address, commit, PARSER_VERSION, request.user)

    async def _join_other(self, request: Request, attempt: Attempt, commit: str, codebase: int) -> Report:
        """The commit could be fetched, so its inventory may be shown, once whoever takes it has finished."""
        known = await store.find_completed_in(self.pool, codebase, commit, PARSER_VERSION)
        if known is None:
            raise Snooze("another job is taking this inventory", after=WAIT_FOR_OTHER)
        return await self._finish_known(request, attempt, commit, known)

    async def _finish_known(self, request: Request, attempt: Attempt, commit: str, known: Totals) -> Report:
        report = Report(analysis_id=known.analysis, commit=commit, files=known.files, tests=known.tests, new=False)
        async with self.pool.transaction() as connection:
            if not await store.remember(connection, known.analysis, request.user):
                raise Retry("the inventory was removed while it was being looked up", after=timedelta(0))
            await attempt.finish(connection, report)
        return report

    async def _finish(
        self, request: Request, commit: str, *, attempt: Attempt, writer: Writer, taken: Taken, phases: Phases
    ) -> Report:
        report = Report(
            analysis_id=writer.analysis,
            commit=commit,
            files=taken.files,
            tests=taken.tests,
            new=True,
            frameworks=dict(sorted(taken.frameworks.items())),
            unparsed=taken.unparsed,
        )
        totals = Totals(writer.analysis, taken.candidates, taken.files, taken.tests)
        async with self.pool.transaction() as connection:
            await store.complete(connection, writer, totals, phases.seconds)
            await store.remember(connection, writer.analysis, request.user)
            await attempt.finish(connection, report)
        return report

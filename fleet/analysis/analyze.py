"""The use case: one commit of one repository, from its address to a stored inventory."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import msgspec

from fleet.analysis import store
from fleet.analysis.access import Access, agreeing, at_head, find_access
from fleet.analysis.attempt import Attempt
from fleet.analysis.codebases import recognise
from fleet.analysis.git.repository import open_repository
from fleet.analysis.hosts.identity import Identities
from fleet.analysis.limits import Limits
from fleet.analysis.parse.pool import Parsers
from fleet.analysis.parse.version import PARSER_VERSION
from fleet.analysis.phases import Phases
from fleet.analysis.request import Request, codebase_of, find_known, see
from fleet.analysis.store import Totals, Writer
from fleet.analysis.take import Inventory, Taken
from fleet.db import Pool
from fleet.errors import Retry, Snooze

WAIT_FOR_OTHER = timedelta(seconds=5)


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
    # What can be asked who a repository is, by host.
    hosts: Mapping[str, Identities] = {}

    async def analyze(self, request: Request, attempt: Attempt) -> Report:
        """Take the inventory, or find it taken; either way the job is finished together with what is stored.

        Raises Snooze while another job takes the same inventory, or the host asks for patience.
        """
        phases = Phases()
        await attempt.progress(0, None, "resolve")
        with phases.phase("resolve"):
            request = await see(self.pool, self.hosts, request)
        if request.commit and (known := await find_known(self.pool, request, request.commit)):
            return await self._finish_known(request, attempt, request.commit, known)
        with phases.phase("resolve"):
            access = await find_access(request, limits=self.limits, scratch=self.scratch)
        if known := await find_known(self.pool, request, access.commit):
            return await self._finish_known(request, attempt, access.commit, known)
        return await self._fetch_and_take(request, access, attempt, phases)

    async def _fetch_and_take(self, request: Request, access: Access, attempt: Attempt, phases: Phases) -> Report:
        await attempt.progress(0, None, "fetch")
        async with AsyncExitStack() as fetched:
            with phases.phase("fetch"), agreeing(request), at_head(request):
                repository = await fetched.enter_async_context(
                    open_repository(
                        request.source,
                        commit=access.commit,
                        token=access.token,
                        limits=self.limits,
                        scratch=self.scratch,
                    )
                )
            codebase = await codebase_of(self.pool, request, private=access.private)
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

    async def _join_other(self, request: Request, attempt: Attempt, commit: str, codebase: int) -> Report:
        """The commit could be fetched, so its inventory may be shown, once whoever takes it has finished."""
        known = await store.find_completed_in(self.pool, codebase, commit, PARSER_VERSION)
        if known is None:
            raise Snooze("another job is taking this inventory", after=WAIT_FOR_OTHER)
        return await self._finish_known(request, attempt, commit, known)

    async def _finish_known(self, request: Request, attempt: Attempt, commit: str, known: Totals) -> Report:
        if request.sighting is not None:
            await recognise(self.pool, request.sighting, openly=False)
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

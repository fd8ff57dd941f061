"""From a fetched repository to a stored inventory: chosen by path, parsed as they are read, stored in batches."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing

import msgspec

from fleet.analysis.attempt import Attempt
from fleet.analysis.detect.candidates import is_candidate, is_config
from fleet.analysis.git.read import Entry
from fleet.analysis.git.repository import Repository
from fleet.analysis.inventory import NotATest, ParsedFile, Unparsed, count_tests
from fleet.analysis.limits import Limits
from fleet.analysis.parse.pool import Parsers
from fleet.analysis.phases import Phases
from fleet.analysis.store import StoredFile, Writer
from fleet.analysis.storing import Storing, open_storing
from fleet.db import Pool


class Taken(msgspec.Struct, kw_only=True):
    """What has been stored so far."""

    candidates: int
    tests: int = 0
    frameworks: Counter[str] = msgspec.field(default_factory=Counter)
    unparsed: int = 0

    @property
    def files(self) -> int:
        return self.frameworks.total()

    def count(self, file: StoredFile) -> None:
        if isinstance(file, Unparsed):
            self.unparsed += 1
        else:
            self.frameworks[file.framework] += 1
            self.tests += count_tests(file)


class Inventory:
    """Takes one repository's inventory; memory is bounded by two batches, not by the repository."""

    def __init__(
        self, *, pool: Pool, parsers: Parsers, limits: Limits, writer: Writer, attempt: Attempt, phases: Phases
    ) -> None:
        self._pool = pool
        self._parsers = parsers
        self._limits = limits
        self._writer = writer
        self._attempt = attempt
        self._phases = phases

    async def take(self, repository: Repository) -> Taken:
        with self._phases.phase("list"):
            candidates, configs = await self._choose(repository)
        taken = Taken(candidates=len(candidates))
        numbers = {entry.path: number for number, entry in enumerate(candidates, start=1)}
        async with self._storing(len(candidates)) as storing:
            for oversize in self._oversize(candidates):
                taken.count(oversize)
                await storing.add(numbers[oversize.path], oversize)
            with self._phases.phase("parse"):
                async with aclosing(self._parse(repository, candidates, configs)) as files:
                    async for file in files:
                        if not isinstance(file, NotATest):
                            taken.count(file)
                            await storing.add(numbers[file.path], file)
        return taken

    def _storing(self, total: int) -> AbstractAsyncContextManager[Storing]:
        return open_storing(self._pool, self._writer, attempt=self._attempt, phases=self._phases, total=total)

    async def _choose(self, repository: Repository) -> tuple[list[Entry], list[Entry]]:
        """Return candidates and configuration files, in path order, with their content fetched in one request."""
        entries = await repository.entries()
        wanted = [entry for entry in entries if is_candidate(entry.path) or is_config(entry.path)]
        measured = await repository.measure(wanted)
        candidates = [entry for entry in measured if is_candidate(entry.path)]
        configs = [entry for entry in measured if is_config(entry.path) and self._is_readable(entry)]
        return candidates, configs

    async def _parse(
        self, repository: Repository, candidates: Sequence[Entry], configs: Sequence[Entry]
    ) -> AsyncGenerator[ParsedFile, None]:
        contents = {entry.path: content async for entry, content in repository.read(configs)}
        scopes = await self._parsers.read_configs(contents)
        readable = [entry for entry in candidates if self._is_readable(entry)]
        async with (
            aclosing(_sources(repository, readable)) as sources,
            aclosing(self._parsers.parse(sources, scopes)) as files,
        ):
            async for file in files:
                yield file

    def _oversize(self, candidates: Sequence[Entry]) -> list[Unparsed]:
        limit = self._limits.file_bytes
        return [
            Unparsed(entry.path, f"larger than the limit of {limit} bytes")
            for entry in candidates
            if not self._is_readable(entry)
        ]

    def _is_readable(self, entry: Entry) -> bool:
        return entry.size is not None and entry.size <= self._limits.file_bytes


async def _sources(repository: Repository, entries: Sequence[Entry]) -> AsyncGenerator[tuple[str, bytes], None]:
    async with aclosing(repository.read(entries)) as contents:
        async for entry, content in contents:
            yield entry.path, content

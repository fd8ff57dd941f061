"""Reads files from strangers in processes of their own, so that none of them can hurt this one."""

import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final

import anyio
import msgspec
from anyio.streams.memory import MemoryObjectSendStream

from fleet.analysis.detect.scope import Scope, Scopes
from fleet.analysis.inventory import NotATest, ParsedFile, TestFile, Unparsed
from fleet.analysis.parse.errands import Errand, run_errands
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.messages import Claims, ReadConfig, ReadFile, Reply
from fleet.analysis.parse.process import Failure

__all__ = ["ParserLimits", "Parsers", "open_parsers"]

# How many files a child may be ahead of the one that is waited for; with their size this bounds the memory.
_AHEAD_PER_CHILD: Final = 8


class Parsers:
    """A number of children that share the work."""

    def __init__(self, errands: MemoryObjectSendStream[Errand], limits: ParserLimits, count: int) -> None:
        self._errands = errands
        self._limits = limits
        self._ahead = count * _AHEAD_PER_CHILD

    async def read_configs(self, configs: Mapping[str, bytes]) -> Scopes:
        """Return what the configuration files claim; one that cannot be read claims nothing."""
        found: list[Scope] = []
        unread: list[Unparsed] = []
        none = Scopes()
        errands = (Errand(path, ReadConfig(_shown(path), configs[path]), none) for path in sorted(configs))
        async with aclosing(self._in_order(_each(errands))) as ordered:
            async for errand in ordered:
                match await errand.answer():
                    case Claims() as claims:
                        found.extend(claims.scopes)
                    case other:
                        unread.append(Unparsed(errand.path, _reason(other)))
        return Scopes(tuple(found), tuple(unread))

    async def parse(self, files: AsyncIterable[tuple[str, bytes]], scopes: Scopes) -> AsyncGenerator[ParsedFile, None]:
        """Yield what each of *files* holds, in their order, taking only a bounded number of them ahead.

        Raises ParserUnavailable if a child does not start.
        """
        errands = (Errand(path, ReadFile(_shown(path), content), scopes) async for path, content in files)
        async with aclosing(errands), aclosing(self._in_order(errands)) as ordered:
            async for errand in ordered:
                match await errand.answer():
                    case TestFile() | NotATest() | Unparsed() as parsed:
                        yield msgspec.structs.replace(parsed, path=errand.path)
                    case other:
                        yield Unparsed(errand.path, _reason(other))

    async def _in_order(self, errands: AsyncIterable[Errand]) -> AsyncGenerator[Errand, None]:
        pending: deque[Errand] = deque()
        async for errand in errands:
            if len(pending) == self._ahead:
                yield pending.popleft()
            if len(errand.request.content) > self._limits.file_bytes:
                errand.resolve(Failure(f"it is larger than {self._limits.file_bytes} bytes"))
            else:
                await self._errands.send(errand)
            pending.append(errand)
        while pending:
            yield pending.popleft()


@asynccontextmanager
async def open_parsers(*, count: int, limits: ParserLimits) -> AsyncIterator[Parsers]:
    """Share work between *count* children, which are gone when this ends, however it ends."""
    # Unbounded, because every user bounds what it has on the way.
    send, receive = anyio.create_memory_object_stream[Errand](math.inf)
    try:
        async with send, receive, anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(run_errands, receive, limits)
            yield Parsers(send, limits, count)
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        # The group is a detail of this module: who uses it is to meet the error that it is about.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


async def _each(errands: Iterable[Errand]) -> AsyncIterator[Errand]:
    for errand in errands:
        yield errand


def _reason(answer: Reply | Failure) -> str:
    return answer.reason if isinstance(answer, Failure) else "the parser answered another question"


def _shown(path: str) -> str:
    """Return *path* as text that can be sent: git allows names that are not UTF-8."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")

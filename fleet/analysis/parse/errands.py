"""Has children do errands: the next is there when one is answered, and a child that fails costs the one it was at."""

from collections import deque
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from fleet.analysis.detect.scope import Scopes
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.messages import ReadConfig, ReadFile, Reply, UseScopes
from fleet.analysis.parse.process import Child, Failure, start_child
from fleet.errors import ParserUnavailable
from fleet.log import get_logger

# The one that a child is at, and the one that it finds when it has answered.
_AT_ONCE: Final = 2


class Errand:
    """One request on its way to whichever child is free, and its answer."""

    def __init__(self, path: str, request: ReadConfig | ReadFile, scopes: Scopes) -> None:
        self.path = path
        self.request = request
        self.scopes = scopes
        self._answered = anyio.Event()
        self._answer: Reply | Failure | ParserUnavailable = Failure("nobody has read it")

    def resolve(self, answer: Reply | Failure | ParserUnavailable) -> None:
        self._answer = answer
        self._answered.set()

    async def answer(self) -> Reply | Failure:
        """Wait for the answer; raises ParserUnavailable if there is nobody to give one."""
        await self._answered.wait()
        if isinstance(self._answer, ParserUnavailable):
            raise self._answer
        if isinstance(self._answer, Failure):
            # Here and not where it happened: this is the task of the analysis, so the line says which job.
            get_logger().warning(
                "parser.failed", path=self.path, reason=self._answer.reason, said=self._answer.last_words
            )
        return self._answer


async def run_errands(errands: MemoryObjectReceiveStream[Errand], limits: ParserLimits) -> None:
    """Have a child do one errand after the other; a child that fails one is replaced."""
    taken: deque[Errand] = deque()
    while True:
        if not taken:
            taken.append(await errands.receive())
        try:
            child = await start_child(limits)
        except ParserUnavailable as problem:
            # Whoever waits for these fails; the next may find the machine in a better state.
            while taken:
                taken.popleft().resolve(problem)
            continue
        try:
            await _Turn(child, taken, errands, limits).run()
        finally:
            await child.bury()


class _Turn:
    """All that one child is asked; *taken* is what has been taken on and is not answered, the oldest first."""

    def __init__(
        self,
        child: Child,
        taken: deque[Errand],
        errands: MemoryObjectReceiveStream[Errand],
        limits: ParserLimits,
    ) -> None:
        self._child = child
        self._taken = taken
        self._errands = errands
        self._limits = limits
        self._known: Scopes | None = None
        self._room = anyio.Semaphore(_AT_ONCE - len(taken))
        self._asked = anyio.Semaphore(0)

    async def run(self) -> None:
        """Return when the child is not to be asked any more."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._ask, tasks.cancel_scope)
            tasks.start_soon(self._listen, tasks.cancel_scope)

    async def _ask(self, turn: anyio.CancelScope) -> None:
        for errand in tuple(self._taken):
            await self._send(errand)
        while True:
            # First: an errand that is taken is kept from other children.
            await self._room.acquire()
            errand = await self._errands.receive()
            self._taken.append(errand)
            # One that died while it had nothing to do is to cost nobody a file.
            if self._taken[0] is errand and not self._child.is_there():
                turn.cancel()
                return
            await self._send(errand)

    async def _send(self, errand: Errand) -> None:
        self._asked.release()
        if errand.scopes is not self._known:
            self._known = errand.scopes
            await self._child.tell(UseScopes(self._known))
        await self._child.tell(errand.request)

    async def _listen(self, turn: anyio.CancelScope) -> None:
        """Take the answers, in the order of the requests; what a child was not yet at is left to the next."""
        answer: Reply | Failure | None = None
        while not isinstance(answer, Failure):
            await self._asked.acquire()
            answer = await self._child.answer(within=self._limits.file_time)
            self._taken.popleft().resolve(answer)
            self._room.release()
        turn.cancel()

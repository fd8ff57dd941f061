"""An event loop without a clock and without a socket: time jumps to the next timer, and a seed says who goes first.

A process of the simulation is a context variable. Whatever a frozen or dead process would do next is put aside; so a
process can be stopped between any two steps, for a while or for good, and nothing of it runs meanwhile: no cleanup, no
timeout, no answer.
"""

import asyncio
import contextvars
import heapq
from asyncio import Handle, TimerHandle
from collections.abc import Callable, Coroutine, Generator
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

# More steps than this without time passing are a loop that never ends.
STEPS_AT_ONE_MOMENT = 20_000


class StandsStill(Exception):
    """Nothing will ever happen again, or nothing but the same over and over."""


class Life:
    """Whether a process goes on. Frozen is what SIGSTOP, a paused machine or a blocked loop make of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.dead = False
        self.aside: list[Handle] = []


LIFE: contextvars.ContextVar[Life | None] = contextvars.ContextVar("LIFE", default=None)


class NumberedTask(asyncio.Task[T]):
    """A task whose place in a set does not depend on its address."""

    def __init__(
        self, coroutine: Generator[Any, None, T] | Coroutine[Any, Any, T], *, number: int, **named: Any
    ) -> None:
        # Before the task exists: making it puts it into a set.
        self.number = number
        super().__init__(coroutine, **named)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs one callback at a time, drawn by *random* from all that could run now; *on_step* follows each."""

    _ready: list[Handle]
    _scheduled: list[TimerHandle]

    def __init__(self, random: Random, on_step: Callable[[], None]) -> None:
        super().__init__()
        self._ready = []
        self.steps = 0
        self._random = random
        self._on_step = on_step
        self._now = 0.0
        self._at_this_moment = 0
        self._tasks_made = 0
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        return self._now

    def thaw(self, life: Life) -> None:
        life.frozen = life.dead = False
        self._ready.extend(life.aside)
        life.aside = []

    def _make_task(
        self,
        _loop: asyncio.AbstractEventLoop,
        coroutine: Generator[Any, None, T] | Coroutine[Any, Any, T],
        **named: Any,
    ) -> NumberedTask[T]:
        self._tasks_made += 1
        return NumberedTask(coroutine, number=self._tasks_made, loop=self, **named)

    def _write_to_self(self) -> None:
        """Nothing to wake: the loop never waits."""

    def _process_events(self, event_list: Any) -> None:
        """Nothing arrives from outside."""

    def _run_once(self) -> None:
        self._take_due()
        while self._ready:
            drawn = int(self._random.random() * len(self._ready))
            if self._asks_again(self._ready[drawn]) and all(map(self._asks_again, self._ready)):
                break
            handle = self._ready.pop(drawn)
            if not self._put_aside(handle):
                self._run(handle)
                return
        self._ask_again()

    def _ask_again(self) -> None:
        """Let time pass: anyio asks those it cancels again and again until they listen, and that takes none here."""
        asking, self._ready = self._ready, []
        for handle in asking:
            if not self._put_aside(handle):
                self._run(handle)
        if all(map(self._asks_again, self._ready)):
            self._advance()

    def _run(self, handle: Handle) -> None:
        if handle.cancelled():
            return
        self.steps += 1
        self._at_this_moment += 1
        if self._at_this_moment > STEPS_AT_ONE_MOMENT:
            raise StandsStill(f"{STEPS_AT_ONE_MOMENT} steps without any time passing; the last was {handle!r}")
        before = len(self._ready)
        _of(handle, "_run")()
        if len(self._ready) > before + 1:
            # By task and not as they came: an anyio scope cancels what is in it in an order that cannot be repeated.
            self._ready[before:] = sorted(self._ready[before:], key=_number)
        self._on_step()

    def _put_aside(self, handle: Handle) -> bool:
        life: Life | None = _of(handle, "_context").get(LIFE)
        if life is None or not (life.dead or life.frozen):
            return False
        life.aside.append(handle)
        return True

    @staticmethod
    def _asks_again(handle: Handle) -> bool:
        return handle.cancelled() or getattr(_of(handle, "_callback"), "__name__", "") == "_deliver_cancellation"

    def _take_due(self) -> None:
        while self._scheduled and (self._scheduled[0].cancelled() or self._scheduled[0].when() <= self._now):
            self._ready.append(heapq.heappop(self._scheduled))

    def _advance(self) -> None:
        while self._scheduled and self._scheduled[0].cancelled():
            heapq.heappop(self._scheduled)
        if not self._scheduled:
            raise StandsStill("everything waits for something that nobody will do")
        self._now = max(self._now, self._scheduled[0].when())
        self._at_this_moment = 0


def _number(handle: Handle) -> float:
    owner = getattr(_of(handle, "_callback"), "__self__", None)
    return owner.number if isinstance(owner, NumberedTask) else float("inf")


def _of(handle: Handle, name: str) -> Any:
    """Read what a handle has and its stubs do not say."""
    return getattr(handle, name)

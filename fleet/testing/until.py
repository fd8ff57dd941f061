"""Waits for what a test expects to become true."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import anyio

ResultT = TypeVar("ResultT")

_POLL = timedelta(milliseconds=10)


async def until(
    check: Callable[[], Awaitable[ResultT | None]], *, within: timedelta = timedelta(seconds=5), what: str = ""
) -> ResultT:
    """Return the first true answer of *check*; raises AssertionError when there is none in time.

    The message says *what* was awaited, or the name of *check*, and its last answer.
    """
    answer: object = "no answer yet"
    with anyio.move_on_after(within.total_seconds()):
        while True:
            result = await check()
            if result:
                return result
            answer = result
            # The one sleep of the tests: a check of a database's contents has nothing to wait on.
            await anyio.sleep(_POLL.total_seconds())
    described = what or getattr(check, "__qualname__", repr(check))
    raise AssertionError(f"not within {within.total_seconds():g} s: {described}; the last answer was {answer!r}")

"""A worker inside the test that runs one handler."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
import pytest

from fleet.db import Connection
from fleet.queue.context import Context
from fleet.queue.enqueue import declare
from fleet.queue.registry import Registry
from fleet.queue.sealed import Unseal
from fleet.testing.ask import Ask
from fleet.testing.working import Abandoned, AtWork
from fleet.testing.working import Working as WorkingOn
from tests.queue.kinds import Choosy, Greet, Hasty, Unique

__all__ = ["Abandoned", "Ask", "Working"]

Handler = Callable[[Greet, Context], Awaitable[msgspec.Struct | None]]
Working = Callable[..., AbstractAsyncContextManager[AtWork]]


@pytest.fixture
async def working(working: WorkingOn, conn: Connection) -> Working:
    await declare(conn, [Choosy, Greet, Hasty, Unique])

    @asynccontextmanager
    async def working_with(
        handler: Handler, *, kind: type[Greet] = Greet, unseal: Unseal | None = None, **options: Any
    ) -> AsyncIterator[AtWork]:
        registry = Registry(unseal=unseal)
        registry.add(kind, handler)
        await declare(conn, [kind])
        async with working(registry, **options) as at_work:
            yield at_work

    return working_with

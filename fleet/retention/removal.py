"""Removes things that consist of many rows: the parts first, in pieces, what they are part of last."""

from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from fleet.db import Connection
from fleet.retention.batches import Batches, affected
from fleet.sql import statement


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Names the statements that remove a thing; *still_due* asks again once *hold* keeps everybody else away."""

    hold: str
    still_due: str | None
    parts: tuple[str, ...]
    row: str


class Removal:
    """Removes the things with the given *keys*, as many in one batch as their rows allow."""

    def __init__(self, whole: Whole, keys: Iterable[int], batch: int) -> None:
        self._whole = whole
        self._pending = deque(keys)
        self._batch = batch
        self._current = 0
        self._room = 0

    async def run(self, batches: Batches, count: Callable[[int], None]) -> None:
        while self._pending:
            before = self._pending.copy()
            removed = await batches.run(self._remove_some)
            if removed is None:
                # Nothing of that batch was done; all but the one that somebody holds are tried again.
                before.remove(self._current)
                self._pending = before
            count(removed or 0)

    async def _remove_some(self, connection: Connection) -> int:
        removed = 0
        self._room = self._batch
        while self._pending and self._room > 0:
            self._current = self._pending[0]
            if await self._may_go(connection):
                await self._remove_parts(connection)
                if self._room <= 0:
                    break
                removed += await affected(connection, self._whole.row, (self._current,))
                self._room -= 1
            self._pending.popleft()
        return removed

    async def _may_go(self, connection: Connection) -> bool:
        if await connection.fetchval(statement(self._whole.hold), self._current) is None:
            return False
        if self._whole.still_due is None:
            return True
        due: bool = await connection.fetchval(statement(self._whole.still_due), self._current)
        return due

    async def _remove_parts(self, connection: Connection) -> None:
        for part in self._whole.parts:
            if self._room > 0:
                self._room -= await affected(connection, part, (self._current, self._room))

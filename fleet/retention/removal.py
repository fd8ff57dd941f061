"""Removes things that consist of many rows: the parts first, in pieces, what they are part of last."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

import msgspec

from fleet.db import Connection
from fleet.retention.batches import Batches, affected
from fleet.sql import statement


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Names the statements that remove a thing; *still_due* asks again once *hold* keeps everybody else away.

    The *parts* are removed in this order, and each takes so much of a batch: the server looks for what is left of the
    parts of a part that goes, past all that was just deleted.
    """

    hold: str
    still_due: str | None
    parts: Mapping[str, int]
    row: str


class Removal:
    """Removes the things with the given *keys*, as many in one batch as their rows allow."""

    def __init__(self, whole: Whole, keys: Iterable[int]) -> None:
        self._whole = whole
        self._pending = deque(keys)
        self._current = 0
        self._removed = 0
        self._room = 0

    async def run(self, batches: Batches, count: Callable[[int], None]) -> None:
        while self._pending:
            before = self._pending.copy()
            if await batches.run(self._remove_some) is None:
                # Nothing of that batch was done; all but the one that somebody holds are tried again.
                before.remove(self._current)
                self._pending = before
            else:
                count(self._removed)

    async def _remove_some(self, connection: Connection, size: int) -> int:
        """Return how many rows went; parts cost the database as much as what they are part of."""
        self._removed = 0
        self._room = size
        while self._pending and self._room > 0:
            self._current = self._pending[0]
            if await self._may_go(connection):
                await self._remove_parts(connection)
                if self._room <= 0:
                    break
                self._removed += await affected(connection, self._whole.row, (self._current,))
                self._room -= 1
            self._pending.popleft()
        return size - self._room

    async def _may_go(self, connection: Connection) -> bool:
        if await connection.fetchval(statement(self._whole.hold), self._current) is None:
            return False
        if self._whole.still_due is None:
            return True
        due: bool = await connection.fetchval(statement(self._whole.still_due), self._current)
        return due

    async def _remove_parts(self, connection: Connection) -> None:
        for part, cost in self._whole.parts.items():
            if self._room > 0:
                most = max(1, self._room // cost)
                gone = await affected(connection, part, (self._current, most))
                self._room = 0 if gone == most else self._room - gone * cost

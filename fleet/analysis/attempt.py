"""What an analysis needs of the job it runs for, without knowing the queue."""

from typing import Protocol

import msgspec

from fleet.db import Connection


class Attempt(Protocol):
    """The queue's context fits this."""

    @property
    def id(self) -> int: ...

    @property
    def token(self) -> int: ...

    async def progress(self, done: int, total: int | None, phase: str) -> None: ...

    async def finish(self, connection: Connection, result: msgspec.Struct) -> None: ...

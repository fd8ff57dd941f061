"""What the queue notifies its workers of."""

from functools import partial

from fleet.db import Connection
from fleet.testing.until import until


class Listener:
    """What came in on the channel of the queue."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard: list[str] = []

    def hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._heard.append(str(payload))

    async def heard(self) -> list[str]:
        """All that was sent before this call; notifications keep the order of their commits."""
        await self._connection.execute("notify fleet_wake, '.'")
        await until(partial(self._has, "."))
        heard = self._heard[: self._heard.index(".")]
        del self._heard[: len(heard) + 1]
        return sorted(heard)

    async def _has(self, payload: str) -> bool:
        return payload in self._heard

"""Says in the database on which queues this worker sleeps: only then does whoever adds a job pay for a notification.

Whoever adds a job shares a lock until its transaction ends, and looks whether somebody sleeps; who falls asleep says so
first, waits until nobody is under way who did not see it, and claims once more. One of both sees the other, in whatever
order they come: decision 0021.
"""

from collections.abc import Iterable
from datetime import timedelta

import anyio

from fleet.db import Connection

# With a slot free again so soon, saying so twice would cost more than notifications that wake nobody.
SETTLING = timedelta(milliseconds=100)
# How long to wait for a transaction that may have added a job unseen: at first, and at most.
_SHORTEST_DOZE = timedelta(milliseconds=20)
_LONGEST_DOZE = timedelta(seconds=1)


class Sleep:
    """What the claiming side wishes, and what the listening side has said on its connection."""

    def __init__(self) -> None:
        self._wished: frozenset[str] = frozenset()
        self._said: frozenset[str] = frozenset()
        # Of those, where nobody is under way any more who did not see it.
        self._seen: frozenset[str] = frozenset()
        self._wish = anyio.Event()
        self._doze = _SHORTEST_DOZE

    def on(self, queues: Iterable[str]) -> bool:
        """Wish to be woken for *queues* and no others; whether a claim that has found nothing there may sleep now.

        Where it may not, the listening side rings as soon as another claim is to look.
        """
        wished = frozenset(queues)
        if wished != self._wished or not wished <= self._seen:
            self._wished = wished
            self.stir()
        return wished <= self._seen

    def stir(self) -> None:
        """Have whoever waits for a wish look."""
        self._wish.set()

    def forget(self) -> None:
        """The connection is gone, and with it what was said on it."""
        self._said = self._seen = frozenset()

    async def wait(self) -> None:
        """Wait until there is something to say; what is not wished any more is given time to be wished again."""
        await self._wish.wait()
        if self._wished < self._said:
            await anyio.sleep(SETTLING.total_seconds())
        self._wish = anyio.Event()

    async def say(self, connection: Connection) -> bool:
        """Say what is wished; whether somebody is to look once more, as something may have come unseen."""
        if surplus := self._said - self._wished:
            self._said -= surplus
            self._seen -= surplus
            await connection.execute("select fleet.stay_awake($1)", sorted(surplus))
        wished = self._wished
        if wished <= self._seen:
            return False
        anew = wished - self._said
        self._said |= anew
        if await connection.fetchval("select fleet.fall_asleep($1, $2)", sorted(wished), sorted(anew)):
            self._seen |= wished
            self._doze = _SHORTEST_DOZE
        else:
            await anyio.sleep(self._doze.total_seconds())
            self._doze = min(2 * self._doze, _LONGEST_DOZE)
        return True

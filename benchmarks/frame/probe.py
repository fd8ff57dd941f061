"""How much the machine itself varies: the same two small things, done before every round."""

import hashlib
from collections.abc import Sequence
from statistics import median
from time import perf_counter

from benchmarks.frame.ground import APPLICATION, Ground
from fleet.db import connect

_HASHES = 150_000
_COMMITS = 300


class Probe:
    """Collects the seconds that a fixed computation and a fixed number of commits take."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._compute: list[float] = []
        self._commit: list[float] = []

    async def take(self) -> None:
        began = perf_counter()
        digest = b""
        for _ in range(_HASHES):
            digest = hashlib.blake2b(digest).digest()
        self._compute.append(perf_counter() - began)
        async with connect(self._ground.url, application=APPLICATION) as connection:
            await connection.execute("create table if not exists probe (number integer); truncate probe")
            began = perf_counter()
            for number in range(_COMMITS):
                await connection.execute("insert into probe values ($1)", number)
            self._commit.append(perf_counter() - began)

    def noise(self) -> dict[str, float]:
        """Return how far apart the slowest and the fastest were, as shares of the middle one."""
        return {"compute": _spread(self._compute), "commit": _spread(self._commit)}


def _spread(seconds: Sequence[float]) -> float:
    return round((max(seconds) - min(seconds)) / median(seconds), 2) if seconds else 0.0

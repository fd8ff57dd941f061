"""Producers: they enqueue in every way, commit or change their mind, and write down what they were told."""

from collections.abc import Collection
from datetime import timedelta
from random import Random

import anyio

from benchmarks.nemesis.history import Request, Told
from benchmarks.nemesis.kinds import Act, Single, Work
from fleet.config import DatabaseUrl
from fleet.db import Connection, ConnectionFailure, ServerError, connect
from fleet.errors import DatabaseUnavailable
from fleet.queue.enqueue import Queued, enqueue, enqueue_many

ACTS: dict[Act, int] = {
    "rest": 40,
    "finish": 20,
    "raise": 8,
    "poison": 4,
    "fail": 4,
    "snooze": 8,
    "block": 4,
    "child": 6,
}
_LONG = 1.5
# Few enough that a key is seldom at its limit: what waits for its turn says nothing about rescues.
_TENANTS = ("ada", "bob", *[None] * 10)
_DELAYS = [timedelta(0), timedelta(0), timedelta(milliseconds=200)]


class ChangedItsMindError(Exception):
    """Rolls a transaction back."""


class Producer:
    """Enqueues until told to stop; what it does is drawn from its *random* alone."""

    def __init__(
        self, name: str, random: Random, url: DatabaseUrl, *, pause: float, without: Collection[Act] = ()
    ) -> None:
        self.requests: list[Request] = []
        self._name = name
        self._random = random
        self._url = url
        self._pause = pause
        self._acts = {act: often for act, often in ACTS.items() if act not in without}
        self._made = 0

    async def run(self, stop: anyio.Event) -> None:
        while not stop.is_set():
            try:
                async with connect(self._url, application="nemesis-producer") as connection:
                    while not stop.is_set() and not connection.is_closed():
                        await self._ask(connection)
                        await anyio.sleep(self._random.uniform(0, 2 * self._pause))
            except (*ConnectionFailure, ServerError, DatabaseUnavailable):
                await anyio.sleep(self._pause)

    async def _ask(self, connection: Connection) -> None:
        """One transaction, written down before anybody can be told of a failure."""
        jobs = [self._job() for _ in range(self._random.choice([1, 1, 1, 1, 6]))]
        undone = self._random.random() < 0.1  # noqa: PLR2004  # one in ten
        told: Told = "unknown"
        answers: list[Queued] = []
        try:
            async with connection.transaction():
                answers = await self._enqueue(connection, jobs)
                if undone:
                    raise ChangedItsMindError
            told = "acknowledged"
        except ChangedItsMindError:
            told = "rolled back"
        finally:
            new = [one.id for one in answers if one.inserted] if told == "acknowledged" else []
            known = [one.id for one in answers if not one.inserted] if told == "acknowledged" else []
            unique = [job.mark for job in jobs if isinstance(job, Single)]
            marks = [job.mark for job in jobs]
            self.requests.append(Request(told=told, marks=marks, ids=new, known=known, unique=unique))

    async def _enqueue(self, connection: Connection, jobs: list[Work]) -> list[Queued]:
        delay = self._random.choice(_DELAYS)
        # None behind the others: what waits for more urgent jobs says nothing about rescues.
        priority = self._random.choice([0, 0, 0, 0, -1])
        if len(jobs) == 1:
            return [await enqueue(connection, jobs[0], delay=delay, priority=priority)]
        return await enqueue_many(connection, jobs, delay=delay, priority=priority)

    def _job(self) -> Work:
        self._made += 1
        mark = f"{self._name}-{self._made}"
        (act,) = self._random.choices(list(self._acts), list(self._acts.values()))
        seconds = round(self._random.uniform(0, 0.2), 3)
        if act == "rest" and self._random.random() < 0.15:  # noqa: PLR2004  # there when something happens
            seconds = round(self._random.uniform(0.5, _LONG), 3)
        if self._random.random() < 0.1:  # noqa: PLR2004  # one in ten
            return Single(mark=mark, act=act, seconds=seconds, key=self._random.choice("abc"))
        return Work(mark=mark, act=act, seconds=seconds, tenant=self._random.choice(_TENANTS))

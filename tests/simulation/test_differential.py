"""The memory that simulations run on answers as PostgreSQL does, whatever is asked in whatever order."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from fleet.errors import LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.outcome import Cancelled, Done, Failed, Snoozed
from fleet.queue.store import Identity
from fleet.testing.database import Database
from tests.queue.sql.session import LEASE, Queue
from tests.simulation.bench import KINDS, Bench, InMemory, bench_on

IDENTITY = Identity(service="twin", replica="one", version="source", pid=1)
OPERATIONS = 150

Operation = Callable[[Bench], Coroutine[Any, Any, object]]


class Twins:
    """Does everything twice, and compares what comes of it."""

    def __init__(self, one: Bench, other: Bench, random: Random) -> None:
        self._benches = (one, other)
        self._random = random
        self._jobs: list[int] = []
        self._claims: list[Claimed] = []
        self._workers: list[UUID] = []

    async def step(self) -> None:
        usual: list[Operation] = [self._enqueue, self._claim, self._enqueue, self._claim, self._finish, self._fail]
        people: list[Operation] = [self._cancel, self._retry, self._pause, self._resume, self._limit, self._advance]
        others: list[Operation] = [self._snooze, self._release, self._end_cancelled, self._start, self._renew]
        rare: list[Operation] = [self._retire, self._rescue, self._ask]
        what = self._random.choice([*usual, *usual, *usual, *people, *people, *others, *rare])
        state = self._random.getstate()
        answers, notified, rows = [], [], []
        for bench in self._benches:
            self._random.setstate(state)
            answers.append(await what(bench))
            notified.append(await bench.notified())
            rows.append(await bench.everything())
        # Made and learned once, not once for each.
        self._learn(answers[0])
        assert answers[0] == answers[1], what
        assert notified[0] == notified[1], what
        assert rows[0] == rows[1], what

    def _learn(self, answer: object) -> None:
        match answer:
            case ("claimed", list(claims)):
                self._claims.extend(claims)
            case ("enqueued", int(job), _):
                self._jobs.append(job)
            case ("started", UUID() as worker):
                self._workers.append(worker)

    async def _enqueue(self, bench: Bench) -> object:
        random = self._random
        job, inserted = await bench.enqueue(
            random.choice(KINDS).kind,
            delay=random.choice((None, None, timedelta(seconds=random.randrange(20)))),
            priority=random.choice((0, 0, 1, -1)),
            max_attempts=random.choice((None, 1, 2)),
            unique_key=random.choice((None, "a", "b")),
            fair_key=random.choice((None, None, "psf", "pallets")),
        )
        return "enqueued", job, inserted

    async def _start(self, bench: Bench) -> object:
        worker = UUID(int=self._random.getrandbits(128), version=4)
        await bench.store.register(worker, IDENTITY, ["notes"], ["note", "sync"], LEASE)
        return "started", worker

    async def _claim(self, bench: Bench) -> object:
        if not self._workers:
            return await self._start(bench)
        kinds = self._random.choice((["note"], ["note", "sync"]))
        try:
            after = {"notes": (0, self._random.randrange(100))} if self._random.random() < 0.5 else {}
            claims = await bench.store.claim(self._worker(), kinds, {"notes": self._random.randrange(1, 5)}, after)
        except LeaseLost:
            return "no lease"
        return "claimed", sorted((_without_trace(one) for one in claims), key=lambda one: one.id)

    async def _finish(self, bench: Bench) -> object:
        return await bench.store.finish([(key, Done('{"a": 1}')) for key in self._keys()])

    async def _fail(self, bench: Bench) -> object:
        delays = (None, timedelta(0), timedelta(seconds=self._random.randrange(1, 20)))
        return await bench.store.fail(
            [(key, Failed("Boom", "it broke", self._random.choice(delays))) for key in self._keys()]
        )

    async def _snooze(self, bench: Bench) -> object:
        delays = (timedelta(0), timedelta(seconds=9))
        return await bench.store.snooze(
            [(key, Snoozed(self._random.choice(delays), "not yet")) for key in self._keys()]
        )

    async def _release(self, bench: Bench) -> object:
        return await bench.store.release(self._keys(), "shutdown")

    async def _end_cancelled(self, bench: Bench) -> object:
        return await bench.store.end_cancelled([(key, Cancelled()) for key in self._keys()])

    async def _cancel(self, bench: Bench) -> object:
        return await bench.cancel(*self._some_jobs())

    async def _retry(self, bench: Bench) -> object:
        return await bench.retry(*self._some_jobs())

    async def _pause(self, bench: Bench) -> object:
        return await bench.pause(self._random.choice((None, timedelta(seconds=5))))

    async def _resume(self, bench: Bench) -> object:
        return await bench.resume()

    async def _limit(self, bench: Bench) -> None:
        if self._random.random() < 0.5:
            await bench.limit_keys(self._random.randrange(1, 4))
        else:
            await bench.limit_queue(self._random.choice((None, None, 1, 3)))

    async def _renew(self, bench: Bench) -> object:
        return await bench.renew(self._worker(), LEASE) if self._workers else None

    async def _retire(self, bench: Bench) -> None:
        if self._workers:
            await bench.store.retire(self._worker())

    async def _rescue(self, bench: Bench) -> object:
        return await bench.rescue()

    async def _ask(self, bench: Bench) -> object:
        if not self._workers:
            return None
        worker = self._worker()
        keys = self._keys()
        reported = [await bench.store.report_progress(*key, '{"done": 1}') for key in keys]
        return await bench.store.held_by(worker), await bench.store.next_due(worker), reported

    async def _advance(self, bench: Bench) -> None:
        await bench.advance(timedelta(seconds=self._random.choice((1, 4, 16))))

    def _worker(self) -> UUID:
        return self._random.choice(self._workers[-4:])

    def _keys(self) -> list[tuple[int, int]]:
        """Some claims that were ever made, the latest more often; in the order that the finisher keeps."""
        recent = self._claims[-6:]
        chosen = self._random.sample(recent, min(len(recent), self._random.randrange(1, 4))) if recent else []
        if self._claims and self._random.random() < 0.2:
            chosen.append(self._random.choice(self._claims))
        return sorted({one.id: one.key for one in chosen}.values())

    def _some_jobs(self) -> list[int]:
        recent = self._jobs[-10:]
        return sorted({self._random.choice(recent) for _ in range(2)}) if recent else []


def _without_trace(claim: Claimed) -> Claimed:
    return Claimed(**{name: getattr(claim, name) for name in claim.__struct_fields__} | {"traceparent": None})


@pytest.mark.parametrize("seed", range(4))
async def test_the_memory_answers_as_postgresql_does(queue: Queue, database: Database, seed: int) -> None:
    async with bench_on(queue, database.url) as postgres:
        twins = Twins(InMemory(), postgres, Random(seed))

        for _ in range(OPERATIONS):
            await twins.step()

"""Whether the limits hold: sessions that enqueue, end jobs, stall, roll back and are killed, at random, and a checker.

Of each fair key at most so many jobs may be ready or running, of one queue at most so many running, of another no more
may begin than its rate lets through, and in the end nothing may be held. A sampler reads the first two in one snapshot
after another; the beginnings are logged by a trigger. On a PostgreSQL of its own. Prints one JSON line, and exits 1 on
any violation: python -m benchmarks.limits [OPERATIONS] [SEED].
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from random import Random
from time import perf_counter
from uuid import UUID, uuid4

import anyio
import msgspec

from fleet.config import Secret
from fleet.db import Connection, ConnectionFailure, Row, ServerError, connect
from fleet.local.server import run_postgres
from fleet.migrate import migrate

SESSIONS = 16
LEASE = timedelta(seconds=2)
SAMPLE_PAUSE = timedelta(milliseconds=5)
KEYS = {"solo": 1, "small": 3, "pro": 8}
MOST_RUNNING = 5
RATE, BURST = 300, 10
QUEUES = ("keyed", "counted", "rated")

SETUP = f"""
    -- With a budget for every retry: what is put off for an hour is not held.
    select fleet.declare_kind(
        'task', 'keyed', 5, '1 min', '{{}}', '{{}}', retry_share => 1, retries_per_minute => 1000000
    );
    select fleet.limit_keys('keyed', 1), fleet.limit_keys('keyed', 3, 'small'), fleet.limit_keys('keyed', 8, 'pro'),
        fleet.assign_tier(array['small'], 'small'), fleet.assign_tier(array['pro'], 'pro'),
        fleet.limit_queue('counted', {MOST_RUNNING}), fleet.limit_rate('rated', {RATE}, per => '1 s', burst => {BURST});
    create table public.begun (at timestamptz not null);
    create function note_begin() returns trigger language plpgsql as $$
    begin
        insert into public.begun values (clock_timestamp());
        return null;
    end $$;
    create trigger note_begin after update on fleet.job
    for each row when (new.state = 'running' and old.state <> 'running' and new.queue = 'rated')
    execute function note_begin()
"""  # noqa: S608  # constants

SAMPLE = """
    select
        (select max(active - max_active) from (
            select count(*) as active, coalesce(of_tier.max_active, fallback.max_active) as max_active
            from fleet.job
            left join fleet.key_tier as known using (fair_key)
            left join fleet.key_limit as of_tier on of_tier.queue = job.queue and of_tier.tier = known.tier
            join fleet.key_limit as fallback on fallback.queue = job.queue and fallback.tier = 'default'
            where state in ('ready', 'running')
            group by job.queue, fair_key, 2
        ) as keys) as keys_over,
        (select count(*) from fleet.job where state = 'running' and queue = 'counted') as running
"""


class Figures(msgspec.Struct):
    """What the sessions did, and how far any limit was passed."""

    operations: int = 0
    killed: int = 0
    samples: int = 0
    keys_over: int = 0
    most_running: int = 0
    begun: int = 0
    over_rate: float = 0.0
    finished: int = 0
    left_over: int = 0
    seconds: float = 0.0

    def violated(self) -> bool:
        # One job of grace for the rate: the trigger's clock is read a moment after the meter's.
        return self.keys_over > 0 or self.most_running > MOST_RUNNING or self.over_rate > 1 or self.left_over > 0


class ChangedItsMindError(Exception):
    """Rolls a transaction back."""


class Session:
    """One connection that does something at random, again and again, until the figures say that it is enough."""

    def __init__(self, url: Secret, random: Random, figures: Figures, operations: int) -> None:
        self._url = url
        self._random = random
        self._figures = figures
        self._operations = operations
        self._claims: list[Row] = []
        self._worker: UUID | None = None

    async def run(self) -> None:
        doing: dict[Callable[[Connection], Awaitable[object]], int] = {
            self._enqueue: 40,
            self._claim: 30,
            self._end: 30,
            self._end_slowly: 4,
            self._change: 10,
            self._die: 1,
        }
        while self._figures.operations < self._operations:
            async with connect(self._url, application="fleet-soak") as connection:
                alive = True
                while alive and self._figures.operations < self._operations:
                    (do,) = self._random.choices(list(doing), list(doing.values()))
                    self._figures.operations += 1
                    with tolerated():
                        await do(connection)
                    alive = not connection.is_closed()

    async def _enqueue(self, connection: Connection) -> None:
        queue = self._random.choice(QUEUES)
        key = self._random.choice(list(KEYS)) if queue == "keyed" else None
        delay = self._random.choice([None, None, None, timedelta(milliseconds=50)])
        async with self._transaction(connection):
            for _ in range(self._random.choice([1, 1, 5])):
                await connection.execute(
                    "select fleet.enqueue('task', queue => $1, fair_key => $2, delay => $3, priority => $4)",
                    queue,
                    key,
                    delay,
                    self._random.randint(0, 2),
                )

    async def _claim(self, connection: Connection) -> None:
        if self._worker is None or not await connection.fetchval(
            "select fleet.renew_lease($1, $2)", self._worker, LEASE
        ):
            self._worker, self._claims = uuid4(), []
            await connection.execute(
                "select fleet.register_worker($1, 's', 'r', 'v', 1, $2, '{task}', $3)",
                self._worker,
                list(QUEUES),
                LEASE,
            )
        self._claims += await connection.fetch(
            "select id, token from fleet.claim($1, '{task}', $2, $3)",
            self._worker,
            list(QUEUES),
            [self._random.randint(0, 5) for _ in QUEUES],
        )

    async def _end(self, connection: Connection) -> None:
        count = self._random.randint(1, 5)
        ending, self._claims = self._claims[:count], self._claims[count:]
        if self._random.choice([True] + [False] * 19):
            # Stale from now on: what is written twice must count once.
            self._claims += ending
        ids, tokens = [claim["id"] for claim in ending], [claim["token"] for claim in ending]
        soon = timedelta(milliseconds=self._random.choice([0, 0, 30]))
        match self._random.choice(["finish", "finish", "finish", "fail", "snooze", "release"]):
            case "finish":
                await connection.execute("select fleet.finish($1, $2, $3)", ids, tokens, [None] * len(ids))
            case "fail":
                boom = ["Boom"] * len(ids)
                await connection.execute("select fleet.fail($1, $2, $3, $4, $4)", ids, tokens, [soon] * len(ids), boom)
            case "snooze":
                await connection.execute(
                    "select fleet.snooze($1, $2, $3, $4)", ids, tokens, [soon] * len(ids), ["x"] * len(ids)
                )
            case "release":
                await connection.execute("select fleet.release($1, $2, 'shutdown')", ids, tokens)

    async def _end_slowly(self, connection: Connection) -> None:
        """As a handler that finishes in its own transaction, and takes its time, or changes its mind."""
        async with self._transaction(connection):
            await self._end(connection)

    async def _change(self, connection: Connection) -> None:
        ids = await connection.fetchval(
            "select array(select id from fleet.job where worker is null order by random() limit 2)"
        )
        match self._random.choice(["cancel", "reschedule", "reprioritise", "retry", "sweep"]):
            case "cancel":
                await connection.execute("select fleet.cancel($1)", ids)
            case "reschedule":
                await connection.execute("select fleet.reschedule($1, now() + '30 ms')", ids)
            case "reprioritise":
                await connection.execute("select fleet.reprioritise($1, $2)", ids, self._random.randint(0, 2))
            case "retry":
                await connection.execute("select fleet.retry(array(select id from fleet.failures_of('task') limit 2))")
            case "sweep":
                await connection.execute("select fleet.sweep_keys()")

    async def _die(self, connection: Connection) -> None:
        """Be killed in the middle of a transaction, with claims that nobody will end."""
        self._figures.killed += 1
        async with connection.transaction():
            await self._end(connection)
            self._worker, self._claims = None, []
            connection.terminate()

    @asynccontextmanager
    async def _transaction(self, connection: Connection) -> AsyncIterator[None]:
        """A transaction of either isolation, which may take its time, and may be rolled back."""
        slow, undone = self._random.choice([0, 0, 0, 0.05]), self._random.choice([False, False, False, True])
        async with connection.transaction(isolation=self._random.choice(["read_committed", "repeatable_read"])):
            yield
            await anyio.sleep(slow * self._random.random())
            if undone:
                raise ChangedItsMindError


@contextmanager
def tolerated() -> Iterator[None]:
    """What the sessions do to each other: failures to serialize, deadlocks of two changes, lost connections."""
    try:
        yield
    except ServerError as refusal:
        if refusal.sqlstate not in {"40001", "40P01", "FL003", "FL007"}:
            raise
    except (*ConnectionFailure, ChangedItsMindError):
        pass


async def sample(url: Secret, figures: Figures, ended: anyio.Event) -> None:
    async with connect(url, application="fleet-soak") as connection:
        while not ended.is_set():
            row = await connection.fetchrow(SAMPLE)
            assert row is not None  # noqa: S101  # an aggregate
            figures.samples += 1
            figures.keys_over = max(figures.keys_over, row["keys_over"] or 0)
            figures.most_running = max(figures.most_running, row["running"])
            # The server has better to do than to be looked at.
            await anyio.sleep(SAMPLE_PAUSE.total_seconds())


async def work_off(url: Secret, figures: Figures, patience: timedelta) -> None:
    """Claim and finish until nothing is left; what is left when nothing came for *patience* was held for ever."""
    worker = uuid4()
    async with connect(url, application="fleet-soak") as connection:
        await connection.execute("drop trigger note_begin on fleet.job; select fleet.limit_rate('rated', null)")
        await connection.execute(
            "select fleet.register_worker($1, 's', 'r', 'v', 1, $2, '{task}', '1 hour')", worker, list(QUEUES)
        )
        while await connection.fetchval("select exists (select from fleet.job)"):
            claims: list[Row] = []
            with anyio.move_on_after(patience.total_seconds()):
                while not claims:
                    claims = await connection.fetch(
                        "select id, token from fleet.claim($1, '{task}', $2, '{100,100,100}') order by id",
                        worker,
                        list(QUEUES),
                    )
            if not claims:
                break
            await connection.execute(
                "select fleet.finish($1, $2, $3)",
                [claim["id"] for claim in claims],
                [claim["token"] for claim in claims],
                [None] * len(claims),
            )
        figures.left_over = await connection.fetchval("select count(*) from fleet.job")
        figures.finished = await connection.fetchval("select count(*) from fleet.job_history")
        begun = [row["at"].timestamp() for row in await connection.fetch("select at from public.begun order by at")]
        figures.begun, figures.over_rate = len(begun), over_rate(begun)


def over_rate(begun: list[float]) -> float:
    """Return by how many jobs the busiest window passed the burst and the rate; *begun* in order, in seconds."""
    level = over = 0.0
    for earlier, at in zip(begun[:1] + begun, begun, strict=False):
        level = max(0.0, level - (at - earlier) * RATE) + 1
        over = max(over, level - BURST)
    return round(over, 3)


async def soak(url: Secret, operations: int, seed: int) -> Figures:
    """Let the sessions loose on the migrated database at *url*, which must be empty; returns what came of it."""
    figures, ended, began = Figures(), anyio.Event(), perf_counter()
    async with connect(url, application="fleet-soak") as connection:
        await connection.execute(SETUP)
    async with anyio.create_task_group() as sampling:
        sampling.start_soon(sample, url, figures, ended)
        async with anyio.create_task_group() as sessions:
            for number in range(SESSIONS):
                sessions.start_soon(Session(url, Random(seed * SESSIONS + number), figures, operations).run)  # noqa: S311  # no secret
        await work_off(url, figures, timedelta(seconds=20))
        ended.set()
    figures.seconds = round(perf_counter() - began, 1)
    return figures


async def main(operations: int = 100_000, seed: int = 1) -> int:
    async with run_postgres(None) as url:
        await migrate(url)
        figures = await soak(url, operations, seed)
    print(msgspec.json.encode({"seed": seed, **msgspec.structs.asdict(figures)}).decode())  # noqa: T201  # a script's output
    return int(figures.violated())


if __name__ == "__main__":
    sys.exit(anyio.run(partial(main, *map(int, sys.argv[1:3]))))

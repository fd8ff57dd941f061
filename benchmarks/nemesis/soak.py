"""One run: workers, producers and faults together; then quiet, until everything has ended; then the judgement."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import anyio
import msgspec

from benchmarks.nemesis import journal
from benchmarks.nemesis.check import Findings, check
from benchmarks.nemesis.faults import OnWorker
from benchmarks.nemesis.hands import NOBODYS, OnServer
from benchmarks.nemesis.history import Attempt, Ended, History, Hit
from benchmarks.nemesis.kinds import KINDS, QUEUE, SCHEMA, Act
from benchmarks.nemesis.lives import Setting, ended_itself, open_life, works
from benchmarks.nemesis.produce import Producer
from benchmarks.nemesis.schedule import TO_SERVER, TO_WORKERS, Fault, faults, hands
from benchmarks.nemesis.server import LastingServer, open_lasting_server
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect, open_pool
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.testing.process import WorkerProcess
from fleet.testing.until import until

TRIES = 5
_DRAINED = timedelta(seconds=60)
_ENDING = timedelta(minutes=3)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A run: for *seconds*, or longer until each kind of fault has been hit, and *cycles* in all.

    Only so many of the *workers* are *attacked*, or all; faults that last do so for *leases*. No job does what it is
    to be *without*.
    """

    seconds: float
    seed: int
    cycles: int = 0
    workers: int = 3
    attacked: int | None = None
    slots: int = 10
    leases: tuple[float, float] = (0.2, 2.0)
    producers: int = 3
    without: Sequence[Act] = ()
    lease: timedelta = timedelta(seconds=3)
    drain: timedelta = timedelta(seconds=6)
    to_workers: Sequence[str] = TO_WORKERS
    to_server: Sequence[str] = TO_SERVER
    pace: float = 1.0
    pause: float = 0.1
    extra: float = 60.0


class Soak:
    """The run of *plan* on the server, whose database must be empty."""

    def __init__(self, plan: Plan, setting: Setting, server: LastingServer) -> None:
        self._plan = plan
        self._setting = setting
        self._hits: list[Hit] = []
        self._deaths: list[str] = []
        self._on_server = OnServer(server, plan.lease)
        self._quiet = anyio.Event()
        self._over = anyio.Event()
        self._settled = [anyio.Event() for _ in range(plan.workers + 1)]
        self._producers = [
            Producer(
                f"p{number}",
                Random(f"{plan.seed}/p{number}"),  # noqa: S311  # no secret
                setting.url,
                pause=plan.pause,
                without=plan.without,
            )
            for number in range(plan.producers)
        ]

    async def run(self) -> Findings:
        plan = self._plan
        async with anyio.create_task_group() as tasks:
            async with anyio.create_task_group() as producing:
                for producer in self._producers:
                    producing.start_soon(producer.run, self._quiet)
                attacked = plan.workers if plan.attacked is None else plan.attacked
                dealt = hands(plan.seed, attacked, plan.to_workers)
                for number in range(plan.workers):
                    tasks.start_soon(self._keep_place, number, dealt[number] if number < attacked else None)
                tasks.start_soon(self._attack_server)
                await self._until_enough()
                self._quiet.set()
            for settled in self._settled:
                await settled.wait()
            live = await self._drain()
            self._over.set()
        return check(await self._history(live))

    async def _until_enough(self) -> None:
        await anyio.sleep(self._plan.seconds)
        planned = {*self._plan.to_workers, *self._plan.to_server}

        async def enough() -> bool:
            hits = [hit for hit in self._hits if not hit.missed]
            return planned <= {hit.kind for hit in hits} and len(hits) >= self._plan.cycles

        with suppress(AssertionError):
            within = timedelta(seconds=self._plan.extra + 20 * self._plan.cycles)
            await until(enough, within=within, what="each kind of fault has been hit")

    async def _keep_place(self, number: int, first: Sequence[str] | None) -> None:
        """Keep a worker running in this place, and let it suffer, until all is quiet; then until the run is over."""
        plan = self._plan
        kinds = plan.to_workers
        coming = faults(plan.seed, f"w{number}", first or (), kinds, pace=plan.pace, leases=plan.leases)
        life = 0
        while not self._over.is_set():
            life += 1
            try:
                async with open_life(self._setting, f"w{number}.{life}") as worker:
                    if first is None or await self._survives(worker, coming):
                        await self._rest(worker, self._settled[number])
            # Also from the task groups around a worker's ways.
            except* AssertionError as deaths:
                self._deaths += [str(death) for death in _leaves(deaths)]

    async def _survives(self, worker: WorkerProcess, coming: Iterator[Fault]) -> bool:
        """Attack *worker* until all is quiet, or a fault has ended it; returns whether it lives."""
        victim = OnWorker(worker, self._setting.pool, self._plan.lease, self._deaths)
        while not self._quiet.is_set():
            if await self._suffer(victim, next(coming)):
                return False
            if (code := await ended_itself(worker)) is not None:
                raise AssertionError(f"{worker.name} ended with {code}\n{worker.text()[-2000:]}")
        return True

    async def _rest(self, worker: WorkerProcess, settled: anyio.Event) -> None:
        """Let *worker* be, until the run is over."""
        await self._quiet.wait()
        await works(worker)
        settled.set()
        await self._over.wait()
        if code := await worker.terminate():
            raise AssertionError(f"{worker.name} ended with {code} when all was over")

    async def _suffer(self, victim: OnWorker | OnServer, fault: Fault) -> bool:
        """Let *fault* happen, again if it was missed; returns whether it has ended the victim for good."""
        with anyio.move_on_after(fault.pause):
            await self._quiet.wait()
        for _ in range(TRIES):
            if self._quiet.is_set():
                break
            hit = await victim.inflict(fault)
            self._hits.append(hit)
            if not hit.missed or victim.ended:
                break
            await anyio.sleep(0.3)
        return victim.ended

    async def _attack_server(self) -> None:
        kinds = self._plan.to_server
        if kinds:
            first = Random(f"{self._plan.seed}/first").sample(list(kinds), len(kinds))  # noqa: S311  # no secret
            for fault in faults(self._plan.seed, "server", first, kinds, pace=self._plan.pace):
                if self._quiet.is_set():
                    break
                await self._suffer(self._on_server, fault)
        self._settled[-1].set()

    async def _drain(self) -> list[tuple[int, str | None]]:
        """Wait until every job has ended; returns those that did not, each with the reason."""
        left = "select count(*) = 0 from fleet.job where kind <> $1"

        async def ended() -> bool:
            return bool(await self._setting.pool.fetchval(left, NOBODYS))

        with suppress(AssertionError):
            await until(ended, within=_DRAINED, what="every job has ended")
        rows = await self._setting.pool.fetch(
            "select id, (select string_agg(reason, '; ') from fleet.why(id) as reason) as why"
            " from fleet.job where kind <> $1 order by id limit 20",
            NOBODYS,
        )
        return [(row["id"], row["why"]) for row in rows]

    async def _history(self, live: list[tuple[int, str | None]]) -> History:
        pool = self._setting.pool
        offset = time.time() - time.monotonic()
        attempts = await pool.fetch("select job_id, token, outcome::text, ended_at from fleet.attempt")
        ended = await pool.fetch(
            "select id, args->>'mark' as mark, outcome::text, token, attempt, max_attempts, error_class"
            " from fleet.job_history"
        )
        effects = await pool.fetch("select job, token from public.nemesis_effect")
        return History(
            lease=self._plan.lease.total_seconds(),
            requests=[request for producer in self._producers for request in producer.requests],
            events=journal.read(self._setting.journal),
            ended=[Ended(**dict(row)) for row in ended],
            attempts=[
                Attempt(job=row[0], token=row[1], outcome=row[2], at=row[3].timestamp() - offset) for row in attempts
            ],
            live=live,
            effects=[(row["job"], row["token"]) for row in effects],
            hits=self._hits,
            by_hand=self._on_server.by_hand,
            typed=self._on_server.typed,
            cancelled=self._on_server.cancelled,
            deaths=self._deaths,
            planned=[*self._plan.to_workers, *self._plan.to_server],
        )


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def prepare(url: DatabaseUrl) -> None:
    """Make the empty database at *url* ready for a run."""
    await migrate(url)
    async with connect(url, application="nemesis") as connection:
        await declare(connection, KINDS)
        await _set_up(connection)


async def _set_up(connection: Connection) -> None:
    await connection.execute(SCHEMA)
    await connection.execute("select fleet.limit_keys($1, 3)", QUEUE)


@asynccontextmanager
async def open_setting(plan: Plan, environ: dict[str, str]) -> AsyncIterator[tuple[Setting, LastingServer]]:
    """Start a server of the run's own, made ready; all of it goes with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fleet-nemesis-")))
        server = await stack.enter_async_context(open_lasting_server())
        await prepare(server.url)
        pool = await stack.enter_async_context(open_pool(server.url, application="nemesis", size=10))
        setting = Setting(
            url=server.url,
            pool=pool,
            folder=folder,
            environ=environ,
            lease=plan.lease,
            drain=plan.drain,
            slots=plan.slots,
        )
        yield setting, server


async def soak(plan: Plan, environ: dict[str, str]) -> Findings:
    """Run *plan* on a server of its own; whatever happens, it is over some minutes after the time it is given."""
    limit = plan.seconds + plan.extra + 20 * plan.cycles + _ENDING.total_seconds()
    with anyio.fail_after(limit):
        async with open_setting(plan, environ) as (setting, server):
            return await Soak(plan, setting, server).run()

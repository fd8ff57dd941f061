"""What happens in a simulation: a time of trouble, then a time in which everything must come right."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

from fleet.queue.wake import POLL_LISTENING
from tests.simulation.jobs import Errand, Work
from tests.simulation.memory import QUARANTINED
from tests.simulation.oracle import PROMPT, Key, Process
from tests.simulation.weather import CHAOS, SETTLING
from tests.simulation.world import World

LOOK = 0.25
GLANCE = 1.0
QUIET = 25.0
# Every attempt of a job that fails, overruns, and is put off in between.
LAST = 240.0
MOST_PROCESSES = 14


class Story:
    """Drives one world from its beginning to its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.stream("story")
        self._room_since: dict[str, float] = {}
        self._asked_since: dict[Key, float] = {}

    async def tell(self) -> None:
        world = self._world
        for _ in range(self._random.choice((1, 2, 2, 3))):
            world.start()
        await self._trouble()
        self._make_good()
        await self._keep_up(CHAOS + SETTLING)
        await self._keep_up(CHAOS + SETTLING + QUIET, enqueue=True)
        await self._until(lambda: not world.database.jobs, LAST, "L1: jobs that never end", keep_up=True)
        await self._stop_all()

    async def _trouble(self) -> None:
        """Jobs come in bursts, and one thing after another goes wrong."""
        world, random = self._world, self._random
        quiet = random.random() < 0.1
        usual: list[Callable[[], None]] = [self._enqueue, self._enqueue, self._enqueue, self._meddle]
        faults = [] if quiet else random.sample([self._kill, self._freeze, self._stop, self._cut_off, self._away], 3)
        pace = random.choice((0.5, 2.0, 6.0))
        while world.loop.time() < CHAOS:
            await asyncio.sleep(random.expovariate(1.0) * pace)
            random.choice([*usual, *faults])()
            if not any(one.runs for one in world.processes) and len(world.processes) < MOST_PROCESSES:
                world.start()
            self._world.settle()

    def _enqueue(self) -> None:
        random, world = self._random, self._world
        for _ in range(random.choice((1, 1, 2, 5))):
            kind = random.choice((Work, Work, Errand))
            job, _ = world.database.enqueue(
                kind.kind,
                delay=random.choice((None, None, timedelta(seconds=5 * random.random()))),
                priority=random.choice((0, 0, 1)),
                unique_key=random.choice((None, None, "a", "b")),
                fair_key=random.choice((None, "psf", "pallets")) if kind is Work else None,
            )
            world.oracle.enqueued.add(job)
        world.note("world", f"enqueued up to job {world.database.last_id}")

    def _meddle(self) -> None:
        """Do what a person at a prompt does."""
        random, database = self._random, self._world.database
        known = sorted(self._world.oracle.enqueued)
        what = random.random()
        if what < 0.5 and known:
            job = random.choice(known)
            self._world.note("world", f"cancels {job}: {database.cancel([job], 'on a whim')}")
        elif what < 0.7 and known:
            job = random.choice(known)
            # What a handler committed is never done again, and so neither brought back.
            self._world.note("world", f"brings back {job}: {database.retry([job])}")
        elif what < 0.9:
            self._world.note("world", f"pauses: {database.pause('work', timedelta(seconds=5 * random.random()))}")
        else:
            self._world.note("world", f"resumes: {database.resume('work')}")

    def _victim(self, random: Random) -> Process | None:
        alive = [one for one in self._world.processes if one.runs]
        return random.choice(alive) if alive else None

    def _kill(self) -> None:
        if (process := self._victim(self._random)) is not None:
            self._world.kill(process, seen=self._random.random() < 0.5)

    def _freeze(self) -> None:
        if (process := self._victim(self._random)) is not None:
            self._world.freeze(process, 10 * self._random.random() ** 2 * self._random.choice((0.2, 1, 3)))

    def _stop(self) -> None:
        if (process := self._victim(self._random)) is not None:
            self._world.stop(process)

    def _cut_off(self) -> None:
        if (process := self._victim(self._random)) is not None:
            self._world.cut_off(process, 25 * self._random.random())

    def _away(self) -> None:
        self._world.take_away(20 * self._random.random() ** 2)

    def _make_good(self) -> None:
        world = self._world
        world.note("world", "the trouble is over")
        for process in world.processes:
            world.wire.cut_off.pop(process.life.name, None)
        world.wire.away_until = 0.0
        world.database.resume("work")
        world.settle()

    async def _keep_up(self, until: float, *, enqueue: bool = False) -> None:
        """Keep two workers up, as a platform does; with *enqueue*, give them work and watch them take it."""
        world, random = self._world, self._random
        while world.loop.time() < until:
            await asyncio.sleep(LOOK if enqueue else GLANCE)
            self._restart()
            if enqueue and random.random() < 0.08:
                self._enqueue()
                world.settle()
            if enqueue and random.random() < 0.03:
                self._meddle_with_running()
            if enqueue:
                self._demand_promptness()

    def _restart(self) -> None:
        world = self._world
        up = [
            one
            for one in world.processes
            if (one.runs or one.life.frozen) and not one.life.dead and one.stopped_at is None
        ]
        if len(up) < 2:
            world.start()

    def _meddle_with_running(self) -> None:
        running = sorted(job.id for job in self._world.database.in_state("running"))
        if not running:
            return
        world, job = self._world, self._random.choice(running)
        if self._random.random() < 0.5:
            world.note("world", f"cancels {job}: {world.database.cancel([job], 'it is late')}")
        else:
            token = world.database.jobs[job].token
            world.oracle.taken[job, token] = world.loop.time()
            world.note("world", f"takes back {world.database.release([job], [token], 'by hand')}")
        world.settle()

    def _demand_promptness(self) -> None:
        """L2: what is ready and has room is claimed at once; a cancel reaches its handler."""
        world = self._world
        now, database = world.loop.time(), world.database
        weather_bound = POLL_LISTENING.total_seconds() if world.wire.loses_wakes else 0.0
        for queue in ("work", "errands"):
            if not self._has_room(queue):
                self._room_since.pop(queue, None)
            waited = now - self._room_since.setdefault(queue, now) if self._has_room(queue) else 0.0
            world.oracle.demand(
                waited <= PROMPT + weather_bound, f"L2: a job of {queue} is ready and has had room for {waited:.1f} s"
            )
        asked = [job for job in database.in_state("running") if job.cancel_requested_at is not None]
        self._asked_since = {(job.id, job.token): self._asked_since.get((job.id, job.token), now) for job in asked}
        for key, since in [*self._asked_since.items(), *world.oracle.taken.items()]:
            run = world.oracle.runs.get(key)
            told = run is None or run.unwinding or run.became != "running" or not run.process.runs
            limit = world.oracle.soon(world.processes[0])
            world.oracle.demand(
                told or now - since <= limit, f"job {key} is not to run and runs on, {now - since:.1f} s later"
            )

    def _has_room(self, queue: str) -> bool:
        world = self._world
        database = world.database
        # A worker that is to run one job alone has room for nothing else.
        if not database.head_of(queue) or any(job.crashes >= QUARANTINED for job in database.jobs.values()):
            return False
        # A worker from which a job was taken by hand keeps its slot until it knows.
        soon = world.oracle.soon(world.processes[0])
        if any(world.loop.time() - at <= soon for at in world.oracle.taken.values()):
            return False
        free = sum(
            process.plan.queues[queue]
            - sum(job.queue == queue and job.worker in process.workers for job in database.in_state("running"))
            for process in world.processes
            if process.runs and process.stopped_at is None and world.loop.time() - process.started_at > 5
        )
        return free > 0

    async def _until(self, reached: Callable[[], bool], within: float, otherwise: str, *, keep_up: bool) -> None:
        limit = self._world.loop.time() + within
        while not reached():
            await asyncio.sleep(GLANCE)
            if keep_up:
                self._restart()
            left = [(job.id, job.state) for job in self._world.database.jobs.values()]
            self._world.oracle.demand(self._world.loop.time() < limit, f"{otherwise}: {left}")

    async def _stop_all(self) -> None:
        world = self._world
        for process in world.processes:
            if process.runs:
                world.stop(process)
        await self._until(
            lambda: not any(one.runs for one in world.processes), LAST, "workers that never stop", keep_up=False
        )
        left = [one for one in world.database.workers.values() if world.database.lives(one.id)]
        owners = [world.oracle.owners[one.id] for one in left]
        world.oracle.demand(
            all(one.code is None or one.code == 70 for one in owners),
            "a worker stopped in order and left its lease behind",
        )

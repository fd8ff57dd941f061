"""One world: worker processes and a database, and what can be done to them; all of it drawn from a seed."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NoReturn

from fleet.config import Secret
from fleet.queue.drain import Drain, Stop
from fleet.queue.lease import Lease
from fleet.queue.plan import Plan
from fleet.queue.registry import Registry
from fleet.queue.store import Identity
from fleet.queue.wake import Echo
from fleet.queue.worker import Worker
from tests.simulation.controls import Database
from tests.simulation.jobs import Errand, Handlers, Work
from tests.simulation.loop import LIFE, Life, SimulatedLoop
from tests.simulation.oracle import Oracle, Process
from tests.simulation.rows import Kind
from tests.simulation.weather import Weather
from tests.simulation.wire import SimulatedPool, Wire

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IDENTITY = Identity(service="simulated", replica="one", version="source", pid=1)

Note = Callable[[str, str, Life | None], None]


class Left(BaseException):
    """Stands for the end of a process that ended itself."""


class World:
    """What there is, and what can be done to it."""

    def __init__(self, seed: int, database: type[Database] = Database) -> None:
        self.seed = seed
        self.trace: list[tuple[float, str, str, str]] = []
        self.processes: list[Process] = []
        self.loop = SimulatedLoop(self.stream("order"), self._after_step)
        self.database = database(self.now)
        self.oracle = Oracle(self.database, self.loop.time)
        self.wire = Wire(
            self.loop, self.database, Weather.drawn(self.stream("weather")), self._sent, self._executed, self.note
        )
        self.oracle.wire = self.wire
        self.database.sleeps_on = self.wire.sleeps_on
        # Their ids are drawn anew each time; their order is the one of their registration.
        self.database.rank = lambda worker: list(self._names).index(str(worker))
        self.settings = self.stream("settings")
        self._handlers: list[Handlers] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._names: dict[str, str] = {}
        self._stops: dict[str, Stop] = {}
        self._drawn = self._draw_settings()
        self.loop.set_exception_handler(self._unhandled)

    def stream(self, name: str) -> Random:
        """Return a source of chance of its own, so that one part of the world does not change another's."""
        return Random(f"{self.seed} {name}")

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.loop.time())

    def note(self, what: str, text: str, life: Life | None = None) -> None:
        self.trace.append((self.loop.time(), life.name if life is not None else "", what, text))

    def fault(self, name: str) -> None:
        """Note that something went wrong on purpose."""
        self.oracle.seen[name] += 1

    def _draw_settings(self) -> dict[str, Any]:
        choice = self.settings.choice
        for kind in (Work, Errand):
            scope = "waiting" if kind is Errand else "active"
            self.database.declare_kind(Kind(kind=kind.kind, queue=kind.queue, unique_scope=scope))
        if choice((True, False)):
            self.database.limit_keys("work", choice((1, 2)))
        if choice((True, False, False)):
            self.database.limit_queue("errands", choice((1, 2)))
        self.database.take_outbox()
        drain = choice(
            (Drain.within(timedelta(seconds=choice((2, 12, 30)))), Drain(timedelta(0), timedelta(seconds=2)))
        )
        return {
            "drain": drain,
            "lease": Lease(timedelta(seconds=choice((3, 15)))),
            "reconcile_pause": timedelta(seconds=choice((1, 5))),
            "echo": Echo(timedelta(seconds=choice((3, 10))), timedelta(seconds=choice((1, 5)))),
            "queues": choice(({"work": 1, "errands": 1}, {"work": 2, "errands": 1}, {"work": 4, "errands": 4})),
        }

    def start(self) -> None:
        """Start a worker process, as a platform does."""
        life = Life(f"p{len(self.processes) + 1}")
        plan = Plan(
            keeper=False,
            clock=self.loop.time,
            timer=self.loop.time,
            direct_url=Secret("postgresql:///"),
            leave=self._leaver(life),
            connect=self.wire.connect,
            **self._drawn,
        )
        process = Process(life=life, plan=plan, started_at=self.loop.time())
        self.processes.append(process)
        stop = Stop()
        handlers = Handlers(self.seed, process, self.oracle, self.wire, self.note)
        self._handlers.append(handlers)
        registry = Registry()
        registry.add(Work, handlers.work)
        registry.add(Errand, handlers.work)
        worker = Worker(SimulatedPool(self.wire), registry, IDENTITY, plan, self.stream(life.name))
        self._stops[life.name] = stop
        context = contextvars.copy_context()
        context.run(LIFE.set, life)
        self._tasks.append(self.loop.create_task(self._live(process, worker, stop), context=context))
        self.note("world", "starts", life)

    async def _live(self, process: Process, worker: Worker, stop: Stop) -> None:
        code = await worker.run(stop)
        self._exit(process, code)

    def _leaver(self, life: Life) -> Callable[[int], NoReturn]:
        def leave(code: int) -> NoReturn:
            self._exit(next(one for one in self.processes if one.life is life), code)
            raise Left

        return leave

    def _exit(self, process: Process, code: int) -> None:
        if self.wire.at_an_end:
            return
        self.note("world", f"exits with {code}", process.life)
        process.life.dead = True
        self.oracle.exited(process, code)

    def kill(self, process: Process, *, seen: bool) -> None:
        """Kill a process between two of its steps; *seen*: somebody ends its leases at once."""
        self.note("world", "is killed" + (" and buried" if seen else ""), process.life)
        self.fault("kill")
        process.life.dead = True
        if seen:
            for worker in process.workers:
                self.database.bury_worker(worker)
            self.settle()

    def freeze(self, process: Process, seconds: float) -> None:
        self.note("world", f"is frozen for {seconds:.1f} s", process.life)
        self.fault("freeze")
        process.life.frozen = True
        self.loop.call_later(seconds, self._thaw, process, self.loop.time())

    def _thaw(self, process: Process, since: float) -> None:
        now = self.loop.time()
        process.thawed_at = now
        if process.stopped_at is not None:
            process.frozen_for += now - max(since, process.stopped_at)
        if not process.life.dead:
            self.note("world", "goes on", process.life)
            self.loop.thaw(process.life)

    def stop(self, process: Process) -> None:
        self.note("world", "is told to stop", process.life)
        self.fault("stop")
        if process.stopped_at is None:
            process.stopped_at = self.loop.time()
        elif process.hurried_at is None:
            process.hurried_at = self.loop.time()
        # In the process's own context, as a signal handler runs: whom it wakes belongs to it.
        context = contextvars.copy_context()
        context.run(LIFE.set, process.life)
        self.loop.call_soon(self._stops[process.life.name].request, context=context)

    def cut_off(self, process: Process, seconds: float) -> None:
        self.note("world", f"is cut off for {seconds:.1f} s", process.life)
        self.fault("cut off")
        self.wire.cut_off[process.life.name] = self.loop.time() + seconds

    def take_away(self, seconds: float) -> None:
        self.note("world", f"the database is away for {seconds:.1f} s")
        self.fault("away")
        self.wire.take_away(seconds)

    def settle(self) -> None:
        """Check the rows after somebody else's transaction, and send what it notifies about."""
        self.oracle.rows_make_sense()
        self.wire.send_notices()

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """Let *story* happen; raises Violation at the step that broke a promise."""
        self._tasks.append(self.loop.create_task(story))
        self.loop.run_until_complete(self._tasks[0])

    def end(self) -> None:
        """Let every task come to its end, the dead ones' too, so that nothing of this world outlives it."""
        self.wire.at_an_end = True
        self.wire.the_end.set()
        for process in self.processes:
            self.loop.thaw(process.life)
        for stop in self._stops.values():
            stop.request()
        for task in self._tasks:
            task.cancel()
        self.loop.run_until_complete(self._last())
        self.loop.close()

    async def _last(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    def told(self) -> list[str]:
        """Return the trace, a line for each event."""
        lines = [f"{at:9.3f} {who:4} {what:8} {text}" for at, who, what, text in self.trace]
        for worker, name in self._names.items():
            lines = [line.replace(worker, name) for line in lines]
        return lines

    def _sent(self, function: str, arguments: tuple[Any, ...], life: Life | None) -> None:
        if function == "register_worker":
            process = next(one for one in self.processes if one.life is life)
            process.workers.append(arguments[0])
            self.oracle.owners[arguments[0]] = process
            self._names[str(arguments[0])] = f"{process.life.name}.{len(process.workers)}"

    def _executed(self, function: str, arguments: tuple[Any, ...], answer: Any) -> None:
        self.oracle.executed(function, arguments, answer)
        if function not in {"next_due", "held_by", "renew_lease", "notify"} or answer is False:
            self.note("database", f"{function} -> {_short(answer)}")

    def _after_step(self) -> None:
        if self.oracle.broken is not None and not self.wire.at_an_end:
            raise self.oracle.broken

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Left) or self.wire.at_an_end:
            return
        self.oracle.demand(False, f"nobody caught {error!r}: {context['message']}")


def _short(answer: Any) -> str:
    if isinstance(answer, list):
        return str([(one["id"], one["token"]) if isinstance(one, dict) else one for one in answer])
    return str(answer)

"""What a process tells of its work: counts, how it is, and spans; where nobody wants to know, nobody pays for it."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Literal, Protocol

import msgspec

# From a job that does nothing to one that takes as long as a job may, three to a decade.
RUN_BOUNDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
# In milliseconds, as a claim says them: to divide each would take as long as all else that is done with it.
WAIT_BOUNDS = (10, 50, 100, 500, 1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000, 14_400_000)
CLAIM_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Histogram:
    """How many values there were up to each of *bounds* and above the last, and their sum; so many *units* a second."""

    __slots__ = ("bounds", "counts", "sum", "units")

    def __init__(self, bounds: Sequence[float], units: int = 1) -> None:
        self.bounds = bounds
        self.units = units
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, values: Sequence[float]) -> None:
        """Those of a batch are mostly alike: two looks then sort them all, where one for each would cost more."""
        first, last = bisect_left(self.bounds, min(values)), bisect_left(self.bounds, max(values))
        if first == last:
            self.counts[first] += len(values)
        else:
            for value in values:
                self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += sum(values)


class Tally:
    """What the workers of a process have done since it began; nothing is ever taken away.

    *done* takes the seconds of jobs that are done, by kind, and is cleared by *fold*: to sort each of them in by itself
    would cost a short job a twentieth of its time.
    """

    def __init__(self) -> None:
        self.claims: Counter[str] = Counter({"some": 0, "none": 0, "failed": 0})
        self.claim_seconds = Histogram(CLAIM_BOUNDS)
        self.waits: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(WAIT_BOUNDS, units=1000))
        self.runs: defaultdict[tuple[str, str], Histogram] = defaultdict(lambda: Histogram(RUN_BOUNDS))
        self.done: defaultdict[str, list[float]] = defaultdict(list)
        self.leases_lost = 0
        self.lag_seconds = 0.0

    def expect(self, kinds: Iterable[str], queues: Iterable[str]) -> None:
        """Begin the counts that will be asked for at zero: of one that is first seen at 1, nobody sees a rise."""
        for kind in kinds:
            for outcome in ("done", "retried", "failed", "lost"):
                self.runs[kind, outcome].sum += 0.0
        for queue in queues:
            self.waits[queue].sum += 0.0

    def claimed(self, jobs: Sequence["Waited"], seconds: float) -> None:
        """Count a claim that took *seconds* and gave *jobs*, one queue after the other."""
        self.claims["some" if jobs else "none"] += 1
        self.claim_seconds.add((seconds,))
        if jobs and jobs[0].queue == jobs[-1].queue:
            self.waits[jobs[0].queue].add([one.waited_ms for one in jobs])
        else:
            for queue, of_queue in groupby(jobs, attrgetter("queue")):
                self.waits[queue].add([one.waited_ms for one in of_queue])
        # As often as jobs come in, so that those that are done do not pile up where nobody asks.
        self.fold()

    def ended(self, kind: str, outcome: str, seconds: float) -> None:
        """Count an attempt that ended otherwise than done."""
        self.runs[kind, outcome].add((seconds,))

    def fold(self) -> None:
        """Sort in what was done since the last time."""
        for kind, seconds in self.done.items():
            if seconds:
                self.runs[kind, "done"].add(seconds)
                seconds.clear()


class Waited(Protocol):
    """A claimed job, as far as it is counted."""

    @property
    def queue(self) -> str: ...
    @property
    def waited_ms(self) -> int: ...


class Slots(msgspec.Struct, frozen=True):
    """Those of one queue; of *taken* ones, *stuck* are held by handlers that do not stop."""

    all: int
    taken: int
    stuck: int


class AtWork(Protocol):
    """A worker that has a lease, as it sees itself."""

    worker: str
    lease_seconds: float

    def trusts_for(self) -> float:
        """Return for how many seconds it may go on acting without a further renewal."""

    def heard_ago(self) -> float | None:
        """Return how many seconds ago it last heard itself call, or None when it does not listen."""

    def slots(self) -> Mapping[str, Slots]: ...

    def is_clogged(self) -> bool:
        """Whether handlers that do not stop have taken so many slots that it is about to end."""

    def unwritten(self) -> int:
        """Return how many jobs have ended whose end is not durable yet."""


class Vitals:
    """How the worker of this process is; the times are of *clock*, None before the first.

    *tried_at*: when it last set out to register or to claim; *claimed_at*: when a claim last came back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.schema_is_current = False
        self.stopping: Callable[[], bool] = lambda: False
        self.at_work: AtWork | None = None
        self.tried_at = clock()
        self.claimed_at: float | None = None
        self.lag: Callable[[], float] = lambda: 0.0

    def tried(self) -> None:
        self.tried_at = self.clock()

    def has_claimed(self) -> None:
        self.claimed_at = self.clock()

    def is_full(self) -> bool:
        """Whether every slot is taken, so that there is nothing to claim for."""
        return self.at_work is not None and all(one.taken >= one.all for one in self.at_work.slots().values())


Fact = str | int | float | bool
Role = Literal["producer", "consumer", "internal"]


class Span(Protocol):
    """Something that takes time; *traceparent* is how others name it as what they are a part of."""

    @property
    def traceparent(self) -> str: ...

    def end(self, facts: Mapping[str, Fact], error: str | None = None) -> None:
        """End it now; *error* names the class of what went wrong."""


class Tracer(Protocol):
    """Takes spans and sends them on, without ever keeping anybody waiting."""

    def begin(
        self,
        name: str,
        role: Role,
        *,
        parent: str | None,
        facts: Mapping[str, Fact],
        span_id: int | None = None,
        follows: int | None = None,
    ) -> Span:
        """Begin a span under *parent*; *span_id* names it, *follows* another one of its trace that came before it."""


class Telemetry(msgspec.Struct, frozen=True):
    """Where a worker notes what it does: counts, how it is, and spans if they go anywhere."""

    tally: Tally
    vitals: Vitals
    tracer: Tracer | None = None


# What the code at hand is a part of: the tracer of its process, and the span that it is in.
TRACER: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
SPAN: ContextVar[Span | None] = ContextVar("span", default=None)


class span:  # noqa: N801  # read as a statement: with span("fetch"):
    """Surrounds a part of what a handler does with a span of its own; costs next to nothing where no spans are sent.

    It is a part of *parent*, or else of the span that the code at hand is in. What is added to the facts that it yields
    is told at its end.
    """

    def __init__(
        self,
        name: str,
        role: Role = "internal",
        *,
        parent: str | None = None,
        facts: Mapping[str, Fact] = MappingProxyType({}),
    ) -> None:
        self._name = name
        self._role = role
        self._parent = parent
        self._facts = facts
        self._told: dict[str, Fact] = {}
        self._inner: Span | None = None

    def __enter__(self) -> dict[str, Fact]:
        tracer = TRACER.get()
        if tracer is not None:
            self._inner = tracer.begin(self._name, self._role, parent=self._parent or traceparent(), facts=self._facts)
            self._before = SPAN.set(self._inner)
        return self._told

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._inner is not None:
            SPAN.reset(self._before)
            self._inner.end(self._told, None if error is None else error.__name__)


def traceparent() -> str | None:
    """Return the span that the code at hand is in, as a job's row or a request's header names it."""
    current = SPAN.get()
    return None if current is None else current.traceparent

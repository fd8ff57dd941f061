"""Whatever order enqueues, claims, endings, deaths and rescues come in, the queue keeps its promises."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fleet.db import Row, ServerError
from fleet.testing.database import Template
from tests.queue.sql.session import LEASE, Queue, open_queue

SETTINGS = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    # Without shrinking, which takes a minute: the steps that lead to a failure are few enough to read.
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)

# Fewer than the dead workers that one rescue looks at, so that the model need not count them.
FEW = 18

# The unique keys of the second reach only jobs that wait.
KINDS = ("note", "sync")

# How many jobs of one fair key may be ready or running.
MOST = 2


class QueueMachine(RuleBasedStateMachine):
    """The real SQL beside a model: who holds which claim, and until when a worker lives."""

    claims: Bundle[Row] = Bundle("claims")
    workers: Bundle[UUID] = Bundle("workers")

    def __init__(self, portal: BlockingPortal, queue: Queue) -> None:
        super().__init__()
        self._portal = portal
        self._queue = queue
        self._transaction = queue.connection.transaction()
        self._enqueued: set[int] = set()
        self._held: dict[int, tuple[int, UUID]] = {}
        self._tokens: dict[int, int] = {}
        self._lease: dict[UUID, Any] = {}
        self._cancelling: set[int] = set()

    @initialize(target=workers)
    def begin(self) -> Any:
        self._portal.call(self._transaction.start)
        return multiple(self.start_worker(), self.start_worker())

    @rule(
        kind=st.sampled_from(KINDS),
        key=st.sampled_from([None, "a", "b"]),
        delay=st.sampled_from([None, timedelta(seconds=10)]),
        max_attempts=st.integers(1, 3),
        priority=st.integers(-1, 1),
        tenant=st.sampled_from([None, "psf", "pallets"]),
    )
    def enqueue(
        self,
        kind: str,
        key: str | None,
        delay: timedelta | None,
        max_attempts: int,
        priority: int,
        tenant: str | None = None,
    ) -> None:
        row = self._call(
            self._queue.enqueue,
            kind,
            unique_key=key,
            delay=delay,
            max_attempts=max_attempts,
            priority=priority,
            fair_key=tenant,
        )
        assert row["inserted"] == (row["id"] not in self._enqueued)
        self._enqueued.add(row["id"])

    @precondition(lambda self: len(self._lease) < FEW)
    @rule(target=claims, free=st.integers(1, 3))
    def claim_anew(self, free: int) -> Any:
        return self.claim(self.start_worker(), 1, free)

    @precondition(lambda self: len(self._lease) < FEW)
    @rule(target=workers)
    def start_worker(self) -> UUID:
        worker: UUID = self._call(self._queue.worker)
        self._lease[worker] = self._queue.now + LEASE
        return worker

    # Work and somebody to do it, in one rule: apart, they seldom meet.
    @rule(target=claims, worker=workers, jobs=st.integers(0, 3), free=st.integers(1, 3))
    def claim(self, worker: UUID, jobs: int, free: int) -> Any:
        for _ in range(jobs):
            self.enqueue("note", None, None, 3, 0)
        if not self._lives(worker):
            before = self._everything()
            assert self._refusal(self._queue.claim, worker, free) == "FL003"
            assert self._everything() == before
            return multiple()
        claims = self._call(self._queue.claim, worker, free, kinds=KINDS)
        self._bury()
        assert len(claims) <= free
        for claim in claims:
            assert claim["token"] > self._tokens.get(claim["id"], 0), "a token was issued again"
            assert claim["id"] not in self._held, "a job was claimed twice"
            self._tokens[claim["id"]] = claim["token"]
            self._held[claim["id"]] = (claim["token"], worker)
        return multiple(*claims)

    # Any claim ever issued: most are stale.
    @rule(claim=claims)
    def finish(self, claim: Row) -> None:
        self._end(claim, "finish")

    @rule(claim=claims, ending=st.sampled_from(["retry", "fail"]))
    def fail(self, claim: Row, ending: str) -> None:
        self._end(claim, ending)

    @rule(claim=claims, ending=st.sampled_from(["snooze", "release"]))
    def put_back(self, claim: Row, ending: str) -> None:
        self._end(claim, ending)

    def _end(self, claim: Row, ending: str) -> None:
        current = self._is_current(claim)
        before = [] if current else self._everything()
        endings: dict[str, Callable[[], Awaitable[list[int]]]] = {
            "finish": partial(self._queue.finish, claim),
            "retry": partial(self._queue.fail, claim, delay=timedelta(seconds=5)),
            "fail": partial(self._queue.fail, claim, delay=None),
            "snooze": partial(self._queue.snooze, claim),
            "release": partial(self._queue.release, claim),
        }
        accepted = self._call(endings[ending])
        assert accepted == ([claim["id"]] if current else [])
        if not current:
            assert self._everything() == before
            return
        del self._held[claim["id"]]
        if self._is_cancelled(claim["id"]):
            assert self._state(claim["id"]) == ("done" if ending == "finish" else "cancelled")
        counted = ending not in {"snooze", "release"}
        for live in self._fetch("select * from fleet.job where id = $1", claim["id"]):
            assert live["attempt"] == claim["attempt"] - (not counted), "a snooze or a release costs no attempt"

    @rule(jobs=st.lists(st.integers(0, 20), min_size=1, max_size=3))
    def cancel(self, jobs: list[int]) -> None:
        known = sorted(self._enqueued)
        ids = sorted({known[number % len(known)] for number in jobs} if known else set())
        for job, was, now in self._call(self._queue.cancel, *ids):
            match was:
                case "running" | "cancelling":
                    assert now == "cancelling"
                    self._cancelling.add(job)
                case "ready" | "scheduled" | "arriving" | "held":
                    assert now == "cancelled"
                case _:
                    assert now == was
            assert self._state(job) == ("running" if now == "cancelling" else now)

    @rule(jobs=st.lists(st.integers(0, 20), min_size=1, max_size=3))
    def retry(self, jobs: list[int]) -> None:
        known = sorted(self._enqueued)
        ids = sorted({known[number % len(known)] for number in jobs} if known else set())
        for job, was, now in self._call(self._queue.retry, *ids):
            # A job whose key has been taken stays as it is.
            back = {"ready", "arriving"}
            again = {"scheduled": back, "failed": {*back, "failed"}, "lost": {*back, "lost"}}
            assert now in again.get(was, {*back, "cancelled"} if was == "cancelled" else {was})
            assert self._state(job) == ("running" if now == "cancelling" else now)

    @rule(claim=claims)
    def report_progress(self, claim: Row) -> None:
        current = self._is_current(claim)
        before = self._everything()
        assert self._call(self._queue.report, claim) == current
        assert (self._everything() != before) <= current

    @rule(seconds=st.sampled_from([1, 5, 15]))
    def advance_clock(self, seconds: int) -> None:
        self._call(self._queue.advance, timedelta(seconds=seconds))
        self._call(self._queue.promote)

    @rule(worker=workers)
    def renew(self, worker: UUID) -> None:
        alive = self._lives(worker)
        assert self._call(self._queue.renew, worker) == alive
        if alive:
            self._lease[worker] = self._queue.now + LEASE

    @rule(worker=consumes(workers))
    def lose_worker(self, worker: UUID) -> None:
        self._call(
            self._queue.connection.execute, "update fleet.worker set lease_until = fleet.now() where id = $1", worker
        )
        self._lease[worker] = self._queue.now

    @rule()
    def rescue(self) -> None:
        rescued = self._call(self._queue.rescue)
        assert rescued == self._bury()

    @invariant()
    def every_job_is_live_or_finished_exactly_once(self) -> None:
        rows = self._fetch("select id from fleet.job union all select id from fleet.job_history")
        assert sorted(row["id"] for row in rows) == sorted(self._enqueued)

    @invariant()
    def running_is_what_a_worker_holds(self) -> None:
        for row in self._fetch("select * from fleet.job"):
            running = row["state"] == "running"
            assert running == (row["worker"] is not None) == (row["claimed_at"] is not None)
            assert (self._held.get(row["id"]) == (row["token"], row["worker"])) == running
            assert 0 <= row["attempt"] <= row["max_attempts"]
            assert row["token"] >= self._tokens.get(row["id"], 0)

    @invariant()
    def a_unique_key_has_one_job_in_its_scope(self) -> None:
        rows = self._fetch("select kind, unique_key, unique_scope, state from fleet.job where unique_key <> ''")
        keys = [
            (row["kind"], row["unique_key"])
            for row in rows
            if row["unique_scope"] == "active" or (row["unique_scope"] == "waiting" and row["state"] != "running")
        ]
        assert len(keys) == len(set(keys))
        assert all(row["unique_scope"] == "active" for row in rows if row["kind"] == "note")

    @invariant()
    def a_fair_key_has_no_more_than_its_limit(self) -> None:
        assert not self._fetch(
            "select fair_key from fleet.job where fair_key <> '' and state in ('ready', 'running')"
            " group by queue, fair_key having count(*) > $1",
            MOST,
        )

    @invariant()
    def nothing_is_held_while_its_key_has_room(self) -> None:
        assert not self._fetch(
            "select fair_key from fleet.job where fair_key <> '' group by queue, fair_key"
            " having count(*) filter (where state = 'held') > 0"
            " and count(*) filter (where state in ('ready', 'running')) < $1"
            # What arrives is admitted by the next claim, together with what is held.
            " and count(*) filter (where state = 'arriving') = 0",
            MOST,
        )

    @invariant()
    def a_lost_or_failed_job_has_a_story(self) -> None:
        assert not self._fetch(
            "select id from fleet.job_history where outcome in ('failed', 'lost')"
            " and not exists (select from fleet.attempt where job_id = id)"
        )

    def teardown(self) -> None:
        """Let everything that is left run to its end: nothing may be stuck."""
        try:
            self._call(self._queue.advance, timedelta(hours=1))
            worker = self._call(self._queue.worker)
            while claims := self._call(self._queue.claim, worker, 500, kinds=KINDS):
                self._call(self._queue.finish, *claims)
            assert self._fetch("select * from fleet.job") == []
        finally:
            self._portal.call(self._transaction.rollback)
            self._call(self._queue.advance, -timedelta(hours=1))

    def _is_current(self, claim: Row) -> bool:
        token, _ = self._held.get(claim["id"], (None, None))
        return bool(token == claim["token"])

    def _lives(self, worker: UUID) -> bool:
        return bool(self._lease[worker] > self._queue.now)

    def _bury(self) -> int:
        """What a rescue does, in the model."""
        lost = [job for job, (_, worker) in self._held.items() if not self._lives(worker)]
        for job in lost:
            del self._held[job]
            if self._is_cancelled(job):
                assert self._state(job) == "cancelled"
        return len(lost)

    def _is_cancelled(self, job: int) -> bool:
        """Whether the cancel of this job, which has just stopped running, was requested."""
        requested = job in self._cancelling
        self._cancelling.discard(job)
        return requested

    def _state(self, job: int) -> str:
        state: str = self._call(self._queue.state, job)
        return state

    def _refusal(self, function: Callable[..., Awaitable[object]], *arguments: object) -> str | None:
        try:
            with self._savepoint():
                self._call(function, *arguments)
        except ServerError as refusal:
            return refusal.sqlstate
        return None

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        with self._portal.wrap_async_context_manager(self._queue.connection.transaction()):
            yield

    def _everything(self) -> list[str]:
        return self._portal.call(self._queue.everything)

    def _fetch(self, query: str, *arguments: object) -> list[Row]:
        rows: list[Row] = self._call(self._queue.connection.fetch, query, *arguments)
        return rows

    def _call(self, function: Callable[..., Awaitable[Any]], *arguments: object, **named: object) -> Any:
        return self._portal.call(partial(function, *arguments, **named))


def test_the_queue_keeps_its_promises(template: Template, anyio_backend: tuple[str, dict[str, Any]]) -> None:
    backend, options = anyio_backend
    with (
        start_blocking_portal(backend, options) as portal,
        portal.wrap_async_context_manager(template.copy()) as database,
        portal.wrap_async_context_manager(open_queue(database.url)) as queue,
    ):
        portal.call(queue.declare, "note")
        portal.call(partial(queue.declare, "sync", unique_scope="waiting"))
        portal.call(queue.connection.execute, f"select fleet.limit_keys('notes', {MOST})")

        class Machine(QueueMachine):
            def __init__(self) -> None:
                super().__init__(portal, queue)

        run_state_machine_as_test(Machine, settings=SETTINGS)

"""A shift: what a worker does under one lease, from its grant until it is given up or lost."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from logging import DEBUG
from random import Random
from uuid import UUID

import anyio
import anyio.lowlevel
import structlog

from fleet.db import ConnectionFailure, ServerError
from fleet.errors import LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.drain import Stop, drain
from fleet.queue.finisher import Finisher
from fleet.queue.keep import keep_lease
from fleet.queue.lease import Trust, renew
from fleet.queue.ledger import Ledger, Running
from fleet.queue.left_behind import LeftBehind
from fleet.queue.outcome import WRITTEN, Done, Failed, Finished, Interrupted, Lost, Outcome
from fleet.queue.plan import Plan
from fleet.queue.reconcile import reconcile
from fleet.queue.registry import Registry
from fleet.queue.run import attempt, cut_short, overstayed
from fleet.queue.runners import Runners
from fleet.queue.store import Store
from fleet.queue.told import AtWork, end_span, name_of, traced
from fleet.queue.wake import CANCEL, POLL_DEAF, WAKE, Alarm, listen
from fleet.queue.watermark import Watermarks

# What took less and went well is in the history, and in no log line but at the level of debugging.
QUICK = timedelta(milliseconds=100)

# Asked of every job; to convert it takes longer than everything else that is asked.
_QUICK_SECONDS = QUICK.total_seconds()

_SUCCESSES = (Done, Finished)


class Shift:
    """One lease's work. Raises LeaseLost when the lease is lost on the way."""

    def __init__(
        self, worker: UUID, store: Store, registry: Registry, plan: Plan, random: Random, *, left_behind: LeftBehind
    ) -> None:
        self._worker = worker
        self._store = store
        self._registry = registry
        self._plan = plan
        self._random = random
        self._left_behind = left_behind
        self._ledger = Ledger(plan.queues)
        self._watermarks = Watermarks(plan.queues)
        self._alarm = Alarm()
        self._cancels = Alarm()
        self._claiming = anyio.CancelScope()
        self._reconciling = anyio.CancelScope()
        self.clogged = False
        self._finisher = Finisher(store)
        self._log = structlog.get_logger()
        self._tells_quick = self._log.is_enabled_for(DEBUG)
        self._telemetry = plan.telemetry
        self._tracer = None if plan.telemetry is None else plan.telemetry.tracer
        self._done = None if plan.telemetry is None else plan.telemetry.tally.done

    async def work(self, stop: Stop, granted_at: float) -> None:
        """Claim and run until *stop*, then drain. The duties go on until the very last job has ended."""
        async with anyio.create_task_group() as duties:
            trust = Trust(self._plan.lease, granted_at, self._lose_all, self._plan.clock)
            self._show(trust)
            duties.start_soon(self._keep_lease, trust)
            duties.start_soon(self._listen)
            duties.start_soon(self._reconcile)
            duties.start_soon(self._finisher.run)
            duties.start_soon(self._tidy_up, stop)
            duties.start_soon(self._ring_at, stop)
            self._log.info("worker.started", queues=dict(self._plan.queues), kinds=list(self._registry))
            async with anyio.create_task_group() as jobs:
                attempt_one: Callable[[Running], Awaitable[Outcome]] = partial(self._attempt, stop.requested.is_set)
                if self._tracer is not None:
                    attempt_one = traced(self._tracer, self._worker, attempt_one)
                runners = Runners(jobs, attempt_one, self._cut_short, self._end, self._plan.timer)
                await self._claim_until(stop, trust, runners)
                all_out = await drain(self._ledger, self._store, stop, self._plan.drain)
                await self._retire()
                if not all_out:
                    self._plan.abandon()
                # What is still waiting to be written cannot be; its job was handed back, or the lease covers it.
                jobs.cancel_scope.cancel()
            duties.cancel_scope.cancel()
        self._log.info("worker.stopped")

    def _show(self, trust: Trust) -> None:
        if self._telemetry is not None:
            self._telemetry.tally.expect(self._registry, self._plan.queues)
            self._telemetry.vitals.at_work = AtWork(
                self._worker, trust=trust, ledger=self._ledger, alarm=self._alarm, finisher=self._finisher
            )

    async def _claim_until(self, stop: Stop, trust: Trust, runners: Runners) -> None:
        kinds = list(self._registry)
        while not stop.requested.is_set():
            self._alarm.clear()
            free = self._ledger.free()
            if self._telemetry is not None:
                self._telemetry.vitals.tried()
            try:
                # A database that does not answer must not keep the worker from stopping; see _ring_at.
                with anyio.CancelScope() as self._claiming:
                    claimed = self._ledger.own(await self._claim(kinds, free)) if free else []
                    # A process that was frozen meanwhile begins nothing that somebody else may have by now.
                    await trust.confirmed()
                    # Before anything else is asked: what is claimed must not wait for an answer that may not come.
                    runners.start([(self._ledger.open(one), self._time_limit(one.kind)) for one in claimed])
                    self._ledger.note_claim(free, claimed)
                    may_sleep = self._alarm.sleep.on(self._ledger.idle)
                    if self._ledger.can_claim_more():
                        continue
                    if claimed:
                        # They begin now, and not when the next question has been sent.
                        await anyio.lowlevel.checkpoint()
                    # Without a free slot there is nothing to look ahead for; the next one that is free rings.
                    due = await self._store.next_due(self._worker) if self._ledger.free() else None
                if self._claiming.cancelled_caught:
                    return
            except LeaseLost:
                await self._give_up()
                raise
            except (*ConnectionFailure, ServerError) as failure:
                self._log.warning("claim.failed", reason=type(failure).__name__)
                if self._telemetry is not None:
                    self._telemetry.tally.claims["failed"] += 1
                await self._plan.pause(stop, self._random)
                continue
            poll = self._alarm.poll if may_sleep else POLL_DEAF
            await self._alarm.wait(self._plan.nap(poll, due, fruitful=bool(claimed)))

    async def _claim(self, kinds: Sequence[str], free: Mapping[str, int]) -> list[Claimed]:
        asked_at = self._plan.timer()
        claimed = await self._store.claim(self._worker, kinds, free, self._watermarks.after(free, asked_at))
        answered_at = self._plan.timer()
        self._watermarks.note(free, claimed, asked_at, answered_at)
        if self._telemetry is not None:
            self._telemetry.tally.claimed(claimed, answered_at - asked_at)
            self._telemetry.vitals.has_claimed()
        return claimed

    def _time_limit(self, kind: str) -> timedelta:
        limit: timedelta = self._registry[kind].job.policy.time_limit
        return limit

    def _attempt(self, stopping: Callable[[], bool], running: Running) -> Awaitable[Outcome]:
        claimed = running.claimed
        context = Context(claimed, self._store, stopping, on_finish=running.finish)
        return attempt(running, self._registry[claimed.kind], context, self._random)

    def _cut_short(self, running: Running) -> Outcome:
        claimed = running.claimed
        return cut_short(running, self._registry[claimed.kind].job.policy, claimed.attempt, self._random)

    def _end(self, running: Running, outcome: Outcome, seconds: float) -> None:
        self._ledger.unwind(running)
        written = partial(self._written, running, outcome, seconds)
        if isinstance(outcome, WRITTEN):
            self._finisher.submit(running.claimed.key, outcome, written)
        else:
            written(not isinstance(outcome, Lost))

    def _written(self, running: Running, outcome: Outcome, seconds: float, accepted: bool) -> None:
        succeeded = accepted and isinstance(outcome, _SUCCESSES)
        if succeeded:
            kind = running.claimed.kind
            self._store.count_success(kind)
            if self._done is not None:
                self._done[kind].append(seconds)
        elif self._telemetry is not None:
            name = name_of(outcome, running.claimed, accepted=accepted)
            self._telemetry.tally.ended(running.claimed.kind, name, seconds)
        if self._tracer is not None:
            end_span(running, outcome, name_of(outcome, running.claimed, accepted=accepted))
        # Of what went well and took no time, a line only costs.
        if self._tells_quick or not succeeded or seconds >= _QUICK_SECONDS:
            self._tell(running, outcome, seconds, accepted=accepted)
        if isinstance(outcome, Interrupted):
            self._ledger.park(running)
            return
        self._ledger.close(running)
        # A worker that has become idle may be the one to run a job that has to run alone.
        if self._ledger.more_waiting or not len(self._ledger):
            self._alarm.ring()

    def _tell(self, running: Running, outcome: Outcome, seconds: float, *, accepted: bool) -> None:
        succeeded = accepted and isinstance(outcome, _SUCCESSES)
        tell = self._log.debug if succeeded and seconds < _QUICK_SECONDS else self._log.info
        name = "lost" if not accepted else "done" if succeeded else type(outcome).__name__.lower()
        claimed = running.claimed
        facts = running.facts()
        if isinstance(outcome, Failed):
            facts |= {"error": outcome.error_class, "reason": outcome.error_message}
        tell("job.ended", outcome=name, seconds=round(seconds, 3), waited=claimed.waited_ms / 1000, **facts)

    async def _listen(self) -> None:
        plan = self._plan
        calls = {(WAKE, queue): self._alarm for queue in plan.queues} | {(CANCEL, str(self._worker)): self._cancels}
        await listen(plan.connect, plan.direct_url, self._worker, calls, self._alarm, echo=plan.echo)

    async def _reconcile(self) -> None:
        with self._reconciling:
            await reconcile(
                self._store,
                self._worker,
                self._ledger,
                self._plan.reconcile_pause,
                self._cancels,
                # The listener may be deaf as well, and takes longer to know: look for work on a connection that works.
                on_failure=self._alarm.ring,
            )

    async def _tidy_up(self, stop: Stop) -> None:
        """End what handlers leave, and attempts of those that ignore their limit; with half of its slots lost, stop."""
        pause = self._plan.reconcile_pause.total_seconds()
        while True:
            last_look = anyio.current_time()
            await anyio.sleep(pause)
            if anyio.current_time() - last_look > 2 * pause:
                # The loop stood still: the handlers have not had their turn to end.
                continue
            for running in self._ledger.overdue(self._plan.stuck_after):
                claimed, running.stuck = running.claimed, True
                self._log.error("job.stuck", job=claimed.id, kind=claimed.kind)
                policy = self._registry[claimed.kind].job.policy
                await self._finisher.write(claimed.key, overstayed(claimed, policy, self._random))
            self._left_behind.look(self._ledger)
            if self._ledger.is_clogged() and not stop.requested.is_set():
                self._log.error("worker.clogged")
                self.clogged = True
                stop.request()

    async def _keep_lease(self, trust: Trust) -> None:
        plan = self._plan
        try:
            if plan.keeper:
                await keep_lease(plan.connect, plan.direct_url, self._worker, trust, self._stall_limit())
            else:
                await renew(plan.connect, plan.direct_url, self._worker, trust)
        except* LeaseLost:
            await self._give_up()
            raise

    def _stall_limit(self) -> timedelta:
        """No handler blocks the loop for longer than the longest time limit of a job and still does what it should."""
        longest: timedelta = max(self._registry[kind].job.policy.time_limit for kind in self._registry)
        return longest + self._plan.stall_grace

    async def _give_up(self) -> None:
        """Stop every handler: from now on somebody else may have its job."""
        self._lose_all()
        # What ended as lost would look like a claim that never arrived, and be handed back as if it had not begun.
        self._reconciling.cancel()
        with anyio.move_on_after(self._plan.drain.cancel.total_seconds()) as patience:
            await self._ledger.wait_until_all_unwound()
        if patience.cancelled_caught:
            self._plan.abandon()

    def _lose_all(self) -> None:
        for running in self._ledger:
            running.lose()

    async def _ring_at(self, stop: Stop) -> None:
        """End the wait for work, and soon also a claim that is on its way: retiring hands back what it took."""
        await stop.requested.wait()
        self._alarm.ring()
        await anyio.sleep(self._plan.close_limit.total_seconds())
        self._claiming.cancel()

    async def _retire(self) -> None:
        """End the lease at once instead of letting it run out; not being able to costs only time."""
        with anyio.move_on_after(self._plan.close_limit.total_seconds(), shield=True):
            try:
                await self._store.retire(self._worker)
            except (*ConnectionFailure, ServerError) as failure:
                self._log.warning("worker.not_retired", reason=type(failure).__name__)

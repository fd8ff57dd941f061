"""Group commit: the ends of jobs that come in while one write is under way go out together in the next."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import TypeVar

import anyio
import structlog

from fleet.db import ConnectionFailure, LockNotAvailable, RefusedValue, ServerError
from fleet.queue.outcome import Cancelled, Done, Failed, Snoozed, Written
from fleet.queue.store import Key, Store

BATCH = 500
RETRY_PAUSE = timedelta(milliseconds=500)

# Told whether the end of a job was accepted.
Then = Callable[[bool], None]

OutcomeT = TypeVar("OutcomeT", Done, Failed, Snoozed, Cancelled)


class Finisher:
    """Writes outcomes, each batch in the order of the ids, and says of each when it is durable or refused."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[Key, tuple[Written, Then]] = {}
        self._arrived = anyio.Event()
        self._accepted: set[Key] = set()
        # What somebody holds locked at the moment.
        self._aside: dict[Key, tuple[Written, Then]] = {}
        self._locked: set[Key] = set()
        self._put_aside = anyio.Event()

    def submit(self, key: Key, outcome: Written, then: Then) -> None:
        """Have *outcome* written, and *then* called: with False when the claim was no longer current."""
        self._waiting[key] = (outcome, then)
        self._arrived.set()

    def __len__(self) -> int:
        """Return how many outcomes have yet to be taken up, those included that somebody holds locked."""
        return len(self._waiting) + len(self._aside)

    async def write(self, key: Key, outcome: Written) -> bool:
        """Wait until *outcome* is written; False when the claim was no longer current."""
        written, answers = anyio.Event(), list[bool]()

        def note(accepted: bool) -> None:
            answers.append(accepted)
            written.set()

        self.submit(key, outcome, note)
        await written.wait()
        return answers[0]

    async def run(self) -> None:
        """Write what arrives, until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._take_up_again)
            while True:
                await self._arrived.wait()
                self._arrived = anyio.Event()
                while self._waiting:
                    await self._write_next()

    async def _write_next(self) -> None:
        ended = {key: self._waiting.pop(key) for key in sorted(islice(self._waiting, BATCH))}
        await self._write_batch(ended)
        accepted, self._accepted = self._accepted, set()
        for key in self._locked:
            self._aside[key] = ended.pop(key)
            self._put_aside.set()
        self._locked.clear()
        for key, (_, then) in ended.items():
            then(key in accepted)

    async def _take_up_again(self) -> None:
        """Look after what somebody holds locked, beside the rest, and take up what is free again."""
        while True:
            await self._put_aside.wait()
            self._put_aside = anyio.Event()
            while self._aside:
                await anyio.sleep(RETRY_PAUSE.total_seconds())
                with suppress(*ConnectionFailure, ServerError):
                    locked = await self._store.locked(list(self._aside))
                    for key in self._aside.keys() - locked:
                        self._waiting[key] = self._aside.pop(key)
                        self._arrived.set()

    async def _write_batch(self, ended: Mapping[Key, tuple[Written, Then]]) -> None:
        done: list[tuple[Key, Done]] = []
        others: list[tuple[Key, Failed | Snoozed | Cancelled]] = []
        for key, (outcome, _) in ended.items():
            if isinstance(outcome, Done):
                done.append((key, outcome))
            else:
                others.append((key, outcome))
        await self._write_each(self._store.finish, done)
        if others:
            await self._write_each(self._store.fail, [(key, end) for key, end in others if isinstance(end, Failed)])
            await self._write_each(self._store.snooze, [(key, end) for key, end in others if isinstance(end, Snoozed)])
            await self._write_each(
                self._store.end_cancelled, [(key, end) for key, end in others if isinstance(end, Cancelled)]
            )

    async def _write_each(
        self,
        write: Callable[[Sequence[tuple[Key, OutcomeT]]], Awaitable[set[int]]],
        ended: Sequence[tuple[Key, OutcomeT]],
    ) -> None:
        """Write *ended*, halving it around a value that PostgreSQL refuses, and for as long as it is unreachable."""
        if not ended:
            return
        while True:
            try:
                accepted = await write(ended)
            except RefusedValue as refusal:
                await self._divide(write, ended, refusal)
                return
            except LockNotAvailable:
                ended = await self._without_locked(ended)
                if not ended:
                    return
            except (*ConnectionFailure, ServerError) as failure:
                # Writing again is safe: what was committed unseen is refused by its token. The lease bounds the wait.
                structlog.get_logger().warning("finish.failed", reason=type(failure).__name__, jobs=len(ended))
                await anyio.sleep(RETRY_PAUSE.total_seconds())
            else:
                self._accepted |= {key for key, _ in ended if key[0] in accepted}
                return

    async def _without_locked(self, ended: Sequence[tuple[Key, OutcomeT]]) -> Sequence[tuple[Key, OutcomeT]]:
        """Put aside what somebody holds locked; returns the rest."""
        with suppress(*ConnectionFailure, ServerError):
            self._locked |= await self._store.locked([key for key, _ in ended])
        structlog.get_logger().warning("finish.locked", jobs=sorted(job for job, _ in self._locked))
        return [(key, end) for key, end in ended if key not in self._locked]

    async def _divide(
        self,
        write: Callable[[Sequence[tuple[Key, OutcomeT]]], Awaitable[set[int]]],
        ended: Sequence[tuple[Key, OutcomeT]],
        refusal: BaseException,
    ) -> None:
        if len(ended) > 1:
            middle = len(ended) // 2
            await self._write_each(write, ended[:middle])
            await self._write_each(write, ended[middle:])
            return
        key, _ = ended[0]
        reason = Failed(type(refusal).__name__, "PostgreSQL refused to store how this job ended", None)
        await self._write_each(self._store.fail, [(key, reason)])

"""A worker of release 1 on the bare driver: ``python worker.py URL SERVICE KIND[,KIND...] SLOTS``.

Frozen with its release, so it imports nothing of the project but the calls beside it.
"""

import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

import anyio
import asyncpg

from tests.deploys.release_1.calls import WORKER

QUEUE = "notes"
LEASE = timedelta(seconds=10)


class Worker:
    """One shift; what a job does to its attempt is in its arguments, as for the worker of the present release."""

    def __init__(self, pool: Any, service: str, kinds: list[str], slots: int) -> None:
        self.pool = pool
        self.service = service
        self.kinds = kinds
        self.slots = slots
        self.id = uuid4()
        self.running: set[tuple[int, int]] = set()
        self.rung = anyio.Event()
        self.stopping = anyio.Event()

    async def work(self, direct: Any) -> None:
        await self.call("register", self.id, self.service, "r1", "1", os.getpid(), [QUEUE], self.kinds, LEASE)
        await direct.add_listener("fleet_wake", lambda *_: self.rung.set())
        say(event="started")
        async with anyio.create_task_group() as duties:
            duties.start_soon(self.keep_lease)
            duties.start_soon(self.watch_signals)
            async with anyio.create_task_group() as jobs:
                while not self.stopping.is_set():
                    await self.claim(jobs)
                jobs.cancel_scope.cancel()
            for job, token in sorted(self.running):
                await self.call("release", [job], [token], "its worker shut down")
            await self.call("retire", self.id)
            duties.cancel_scope.cancel()
        say(event="stopped")

    async def claim(self, jobs: Any) -> None:
        self.rung = anyio.Event()
        free = self.slots - len(self.running)
        nap = 0.5
        if free:
            claimed = await self.call("claim", self.id, self.kinds, [QUEUE], [free])
            for row in claimed:
                self.running.add((row["id"], row["token"]))
                jobs.start_soon(self.run, row)
            (due,) = await self.call("next_due", self.id)
            nap = min(nap, max(0.05, due[0])) if due[0] is not None else nap
        with anyio.move_on_after(nap):
            await self.rung.wait()

    async def run(self, row: Any) -> None:
        key = (row["id"], row["token"])
        does = json.loads(row["args"]).get("does", "")
        tries = await self.pool.fetchval("select public.note_run($1, $2, $3)", *key, self.service)
        await self.call("progress", *key, '{"done": 1}')
        held = {(one["id"], one["token"]) for one in await self.call("held_by", self.id)}
        assert key in held
        if "wait" in does:
            await self.pool.execute("select pg_advisory_lock_shared(7), pg_advisory_unlock_shared(7)")
        if "raise" in does and tries == 1:
            ended = await self.call("fail", [key[0]], [key[1]], [timedelta(0)], ["Boom"], ["it broke"])
        elif "snooze" in does and tries == 1:
            ended = await self.call("snooze", [key[0]], [key[1]], [timedelta(milliseconds=1)], ["not yet"])
        else:
            ended = await self.call("finish", [key[0]], [key[1]], ['{"by": "old"}'])
        assert [one["id"] for one in ended] == [key[0]]
        self.running.discard(key)
        self.rung.set()

    async def keep_lease(self) -> None:
        while True:
            with anyio.move_on_after(LEASE.total_seconds() / 5):
                await anyio.Event().wait()
            (renewed,) = await self.call("renew", self.id, LEASE)
            assert renewed[0], "the lease was lost"

    async def watch_signals(self) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:
            async for _ in signals:
                self.stopping.set()
                self.rung.set()

    async def call(self, name: str, *arguments: object) -> Any:
        """As the release did: what the server refuses is tried again."""
        while True:
            try:
                return await self.pool.fetch(WORKER[name], *arguments)
            except asyncpg.PostgresError as failure:
                say(event="refused", call=name, sqlstate=failure.sqlstate)
                with anyio.move_on_after(0.2):
                    await anyio.Event().wait()


def say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


async def main(*arguments: str) -> None:
    url, service, kinds, slots = arguments
    async with asyncpg.create_pool(url, min_size=0, max_size=8, command_timeout=30) as pool:
        direct = await asyncpg.connect(url)
        await Worker(pool, service, kinds.split(","), int(slots)).work(direct)
        await direct.close()


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])

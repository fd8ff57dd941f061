"""A worker process, and all that can befall it."""

import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import anyio
from anyio.abc import Process

from fleet.db import Pool
from fleet.testing.proxy import GONE, Link, Proxy
from fleet.testing.until import until
from fleet.testing.wire import round_trip

PATIENCE = timedelta(seconds=20)
_END_LIMIT = timedelta(seconds=5)
_UNANSWERED = timedelta(milliseconds=100)
_WORKER = (
    "select id from fleet.worker where replica = $1 and lease_until > fleet.now() order by started_at desc limit 1"
)


class WorkerProcess:
    """A worker by its *name*; a fault returns when it has happened, and raises AssertionError when it does not.

    Its way to the database is a proxy of its own; *pool* is the test's, and does not lead through it.
    """

    def __init__(self, name: str, process: Process, log: Path, proxy: Proxy, pool: Pool) -> None:
        self.name = name
        self.pid = process.pid
        self.proxy = proxy
        self._process = process
        self._log = log
        self._pool = pool

    @property
    def dead(self) -> bool:
        """Whether it has ended, however."""
        return self._process.returncode is not None

    def text(self) -> str:
        """Return its log so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def id(self) -> UUID:
        """Return the id under which it works now; waits until it has one."""

        async def registered() -> UUID | None:
            self._require_alive()
            found: UUID | None = await self._pool.fetchval(_WORKER, self.name)
            return found

        return await until(registered, within=PATIENCE, what=f"{self.name} has a lease")

    async def kept(self) -> None:
        """Wait until its keeper has taken its lease over: until then it renews it itself, on another connection."""

        async def renews() -> bool:
            self._require_alive()
            return "keeper.renews" in self.text()

        await until(renews, within=PATIENCE, what=f"the keeper of {self.name} renews its lease")

    async def exit_code(self, *, within: timedelta = PATIENCE) -> int:
        """Wait until it has ended; minus the number of the signal when one ended it."""
        with anyio.move_on_after(within.total_seconds()):
            return await self._process.wait()
        raise AssertionError(f"{self.name} does not end\n{self.text()}")

    async def freeze(self) -> None:
        """Stop it, and all it has started, in the middle of whatever they do: SIGSTOP."""
        self._signal(signal.SIGSTOP)
        await self._until_wait_reports(os.WSTOPPED, "frozen")

    async def thaw(self) -> None:
        """Let it go on: SIGCONT."""
        self._signal(signal.SIGCONT)
        await self._until_wait_reports(os.WCONTINUED, "thawed")

    async def kill(self) -> None:
        """End it as a machine out of memory does: SIGKILL, to the worker alone."""
        self._require_alive()
        self._process.kill()
        code = await self.exit_code()
        if code != -signal.SIGKILL:
            raise AssertionError(f"{self.name} had ended before it could be killed, with {code}")

    async def terminate(self, *, within: timedelta = PATIENCE) -> int:
        """Ask it to stop, as a platform does before a deploy: SIGTERM; returns its exit code."""
        self._require_alive()
        self._process.terminate()
        return await self.exit_code(within=within)

    async def cut_listen(self, *, silently: bool = False) -> None:
        """End the connection on which it listens; or, *silently*, let nothing come through it any more."""
        link = await until(self._listening, within=PATIENCE, what=f"{self.name} listens")
        if silently:
            link.darken()
            await self._require_open([link])
        else:
            await link.end()
            await self._until_gone([link])

    async def half_open(self, *, also_new: bool = False, answers_only: bool = False) -> None:
        """Let nothing through its connections any more, though they stay open on both sides.

        New connections work, unless *also_new*: then it is cut off until it is healed. With *answers_only* what it
        says reaches the server, and the answers are lost.
        """
        self._require_alive()
        links = list(self.proxy.links)
        for link in links:
            link.darken(answers_only=answers_only)
        self.proxy.dark = also_new
        if not links:
            raise AssertionError(f"{self.name} has no connection that could be half open")
        await self._require_open(links)
        if also_new and await self._answered(_UNANSWERED) is not None:
            raise AssertionError(f"the server still answers {self.name}")

    async def slow_db(self, delay: timedelta) -> None:
        """Let every answer of the database take *delay* longer."""
        self._require_alive()
        self.proxy.delay = delay
        seconds = await self._answered(delay + PATIENCE)
        if seconds is None or seconds < delay.total_seconds():
            raise AssertionError(f"the database answers {self.name} within {seconds} s")

    async def lose_lease(self) -> UUID:
        """Let its lease have run out, as after a stall that nobody noticed; returns the id that it had."""
        worker = await self.id()
        lost = await self._pool.fetchval(
            "update fleet.worker set lease_until = fleet.now() - interval '1 s' where id = $1 returning id", worker
        )
        if lost is None:
            raise AssertionError(f"{self.name} had lost its lease already")
        return worker

    async def heal(self) -> None:
        """Undo what was done to its connections: half open ones are reset, and answers come at their usual pace."""
        self.proxy.dark, self.proxy.delay = False, timedelta(0)
        dark = [link for link in self.proxy.links if link.dark_to_client]
        for link in dark:
            await link.end()
        await self._until_gone(dark)
        if await self._answered(PATIENCE) is None:
            raise AssertionError(f"the server does not answer {self.name}")

    async def end(self) -> None:
        """End it and all it has started, whatever state they are in."""
        with anyio.move_on_after(_END_LIMIT.total_seconds(), shield=True):
            # Also when it has ended itself: what it started may run on.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        self._require_alive()
        # It leads a group of its own, which has its number.
        os.killpg(self.pid, number)

    def _require_alive(self) -> None:
        if self._process.returncode is not None:
            raise AssertionError(f"{self.name} has ended with {self._process.returncode}\n{self.text()}")

    async def _until_wait_reports(self, what: int, word: str) -> None:
        async def reported() -> bool:
            self._require_alive()
            # Left as it is, because the event loop waits for the same process.
            status = os.waitid(os.P_PID, self.pid, what | os.WNOHANG | os.WNOWAIT)  # noqa: ASYNC222  # does not wait
            return status is not None

        await until(reported, within=PATIENCE, what=f"{self.name} is {word}")

    async def _answered(self, within: timedelta) -> float | None:
        """Return how many seconds the server takes for an answer by this way, or None when none comes."""
        with anyio.move_on_after(within.total_seconds()), suppress(*GONE):
            return await round_trip(self.proxy.port)
        return None

    async def _listening(self) -> Link | None:
        worker = await self.id()
        return next((one for one in self.proxy.links if one.application == f"fleet-listen-{worker}"), None)

    async def _backends(self, links: list[Link]) -> set[int]:
        """Return which of *links* have a process at the server."""
        rows = await self._pool.fetch(
            "select pid from pg_stat_activity where pid = any($1)", [link.backend for link in links if link.backend]
        )
        return {row["pid"] for row in rows}

    async def _require_open(self, links: list[Link]) -> None:
        if not await self._backends([link for link in links if not link.ended.is_set()]):
            raise AssertionError(f"the connections of {self.name} did not stay open")

    async def _until_gone(self, links: list[Link]) -> None:
        async def gone() -> bool:
            return not await self._backends(links)

        await until(gone, within=PATIENCE, what=f"the server has noticed what {self.name} has lost")

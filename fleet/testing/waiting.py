"""Waits for what a test expects of a job."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Protocol, TypeVar, overload
from uuid import UUID

import anyio
import msgspec

from fleet.db import Pool
from fleet.testing.story import tell
from fleet.testing.until import until
from fleet.testing.watch import Watch

ResultT = TypeVar("ResultT")

_WITHIN = timedelta(seconds=10)
_SEEN = """
    select job.id, fleet.state_of(job.id) as state, job.attempt, job.token, job.worker, known.replica,
           null as result, null as error_class, null as error_message
    from fleet.job as job left join fleet_testing.worker as known on known.id = job.worker
    where job.id = $1
    union all
    select ended.id, ended.outcome::text, ended.attempt, null, ended.worker, known.replica,
           ended.result::text, ended.error_class, ended.error_message
    from fleet.job_history as ended left join fleet_testing.worker as known on known.id = ended.worker
    where ended.id = $1
"""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it was found: *state* is that of ``fleet.state_of``, *replica* the name of the worker's process."""

    id: int
    state: str
    attempt: int
    token: int | None
    worker: UUID | None
    replica: str | None
    result: str | None
    error_class: str | None
    error_message: str | None


class Named(Protocol):
    """A worker process."""

    @property
    def name(self) -> str: ...

    def text(self) -> str:
        """Return its log."""


class Until:
    """``await until(job, "running", by=worker)``, or ``await until(check)`` as fleet.testing.until has it."""

    def __init__(self, pool: Pool, watch: Watch) -> None:
        self._pool = pool
        self._watch = watch

    @overload
    async def __call__(
        self, job: int, state: str, *, by: "Named | UUID | None" = None, within: timedelta = _WITHIN
    ) -> Seen: ...

    @overload
    async def __call__(
        self, job: Callable[[], Awaitable[ResultT | None]], *, within: timedelta = _WITHIN, what: str = ""
    ) -> ResultT: ...

    async def __call__(
        self,
        job: int | Callable[[], Awaitable[Any]],
        state: str = "",
        *,
        by: "Named | UUID | None" = None,
        within: timedelta = _WITHIN,
        what: str = "",
    ) -> Any:
        """Return the job once it is in *state*, run by that worker; raises AssertionError with its story."""
        if not isinstance(job, int):
            return await until(job, within=within, what=what)
        return await self._until_state(job, state, by, within)

    async def _until_state(self, job: int, state: str, by: "Named | UUID | None", within: timedelta) -> Seen:
        async def seen() -> Seen | None:
            found = await self.see(job)
            return found if found is not None and found.state == state and _is_by(found, by) else None

        worker = "" if by is None else f" by {by if isinstance(by, UUID) else by.name}"
        try:
            return await self.changed(seen, job=job, within=within, what=f"job {job} is {state}{worker}")
        except AssertionError as late:
            if by is None or isinstance(by, UUID):
                raise
            raise AssertionError(f"{late}\nthe log of {by.name} ends:\n{_tail(by)}") from None

    async def changed(
        self, check: Callable[[], Awaitable[ResultT | None]], *, job: int, within: timedelta = _WITHIN, what: str
    ) -> ResultT:
        """Return the first true answer of *check*, asked whenever a job has changed."""
        with anyio.move_on_after(within.total_seconds()):
            while True:
                self._watch.clear()
                result = await check()
                if result:
                    return result
                await self._watch.wait()
        found = await self.see(job)
        now = "there is no such job" if found is None else f"it is {found.state}"
        raise AssertionError(f"not within {within.total_seconds():g} s: {what}; {now}\n{await tell(self._pool, job)}")

    async def see(self, job: int) -> Seen | None:
        """Return *job* as it is now, or None when there is none."""
        row = await self._pool.fetchrow(_SEEN, job)
        return None if row is None else Seen(**dict(row))


def _is_by(found: Seen, by: "Named | UUID | None") -> bool:
    if by is None:
        return True
    return found.worker == by if isinstance(by, UUID) else found.replica == by.name


def _tail(worker: Named) -> str:
    return "\n".join(worker.text().splitlines()[-10:])

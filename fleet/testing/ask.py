"""Puts jobs in and says what became of them, as rows."""

from datetime import timedelta
from typing import Any

from fleet.db import Pool
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.testing.waiting import Until

_WITHIN = timedelta(seconds=10)


class Ask:
    """One question a method; what is waited for has a limit."""

    def __init__(self, pool: Pool, until: Until) -> None:
        self._pool = pool
        self._until = until

    async def enqueue(self, job: Job, **options: Any) -> int:
        """Enqueue *job* with the options of fleet.queue.enqueue; returns its id."""
        async with self._pool.acquire() as connection:
            return (await enqueue(connection, job, **options)).id

    async def live(self, job: int) -> dict[str, Any] | None:
        """Return the row of a job that has not ended."""
        row = await self._pool.fetchrow(
            "select state::text, attempt, interruptions, token, worker, progress::text, run_at"
            " from fleet.job where id = $1",
            job,
        )
        return None if row is None else dict(row)

    async def finished(self, job: int, *, within: timedelta = _WITHIN) -> dict[str, Any]:
        """Return the row of *job* once it has ended, however it did."""

        async def row() -> Any:
            return await self._pool.fetchrow(
                "select outcome::text, attempt, result::text, error_class, error_message"
                " from fleet.job_history where id = $1",
                job,
            )

        return dict(await self._until.changed(row, job=job, within=within, what=f"job {job} is finished"))

    async def story(self, job: int) -> list[tuple[str, int, str | None]]:
        """Return the attempts that did not succeed: how each ended, its number, the class of its error."""
        rows = await self._pool.fetch(
            "select outcome::text, attempt, error_class from fleet.attempt where job_id = $1 order by token, ended_at",
            job,
        )
        return [tuple(row) for row in rows]

    async def in_state(self, job: int, state: str, *, within: timedelta = _WITHIN) -> dict[str, Any]:
        """Return the row of a live *job* once it is in *state*."""

        async def row() -> dict[str, Any] | None:
            live = await self.live(job)
            return live if live is not None and live["state"] == state else None

        return await self._until.changed(row, job=job, within=within, what=f"job {job} is {state}")

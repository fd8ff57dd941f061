"""Its application, with what its documentation says that a user writes: the task, and the rescue of stalled jobs."""

from typing import Any

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy

from benchmarks.peers.acts import Journal, perform

QUEUE, KIND, TRIES = "peers", "act", 3
# How long after a failure the next attempt is due.
PAUSE = 1


def open_app(url: str, journal: Journal | None, *, connections: int) -> App:
    """Return the application; a client, which runs nothing, has no journal."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=connections))

    async def act(mark: str, act: str, seconds: float) -> None:
        if journal is not None:
            await perform({"mark": mark, "act": act, "seconds": seconds}, journal)

    # The attempts it counts are those that came before: two more after the first.
    app.task(name=KIND, queue=QUEUE, retry=RetryStrategy(max_attempts=TRIES - 1, wait=PAUSE))(act)
    return app


def add_rescue(app: App, lease: float) -> None:
    """Add the periodic task of "Retry stalled jobs", each second instead of every ten minutes."""

    async def retry_stalled_jobs(_context: JobContext, timestamp: int) -> None:
        del timestamp
        stalled: Any = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lease)
        for job in stalled:
            await app.job_manager.retry_job(job)

    task = app.task(name="retry_stalled_jobs", queue=QUEUE, queueing_lock="retry_stalled_jobs", pass_context=True)
    # The sixth field is that of the seconds.
    app.periodic(cron="* * * * * */1")(task(retry_stalled_jobs))

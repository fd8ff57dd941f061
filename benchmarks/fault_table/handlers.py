"""What handlers and hands do: errors that cannot be stored, exits, stray cancellations, rows that make no sense."""

from collections.abc import Sequence
from time import monotonic

import anyio

from benchmarks.fault_table.cell import Seen, times
from benchmarks.fault_table.stage import Stage, Worker, wait_for
from benchmarks.peers.peer import Act, Task
from fleet.db import RefusedValue, ServerError

GOOD = 20
_DONE = 25.0
# Longer than a lease, so that what was run and not acknowledged is run again by then.
_AFTER = 8.0


async def nul(stage: Stage) -> Seen:
    return await _poison(stage, "nul")


async def surrogate(stage: Stage) -> Seen:
    return await _poison(stage, "surrogate")


async def system_exit(stage: Stage) -> Seen:
    return await _poison(stage, "exit")


async def cancelled(stage: Stage) -> Seen:
    return await _poison(stage, "cancelled")


async def _poison(stage: Stage, act: Act) -> Seen:
    async with stage.working("worker") as worker:
        await stage.enqueue(Task("bad", act))
        if await stage.started("bad") is None:
            raise AssertionError("the bad job never ran")
        good = await _good_jobs(stage, worker)
        words, figures = await _neighbours(stage, worker, good)
    starts = len(stage.starts("bad"))
    state = await stage.state("bad")
    return Seen(f"{words}; the bad one: {times(starts, 'start')}, `{state}`", {**figures, "starts": starts})


async def rows(stage: Stage) -> Seen:
    """Insert what a hand could, then enqueue good jobs."""
    refused = 0
    async with stage.working("worker") as worker:
        async with stage.connection() as connection:
            for row in stage.peer.bad_rows:
                try:
                    await connection.execute(row)
                except (ServerError, *RefusedValue):
                    refused += 1
            if refused == len(stage.peer.bad_rows):
                raise AssertionError("every row was refused")
        good = await _good_jobs(stage, worker)
        words, figures = await _neighbours(stage, worker, good)
        async with stage.connection() as connection:
            held = await connection.fetchval(stage.peer.held)
    accepted = len(stage.peer.bad_rows) - refused
    figures |= {"rows": accepted, "refused": refused, "held": held}
    return Seen(f"{words}; {refused} of {accepted + refused} rows refused, {held} still taken", figures)


async def _good_jobs(stage: Stage, worker: Worker) -> Sequence[str]:
    """Enqueue jobs that nothing is wrong with, and wait until they are done, or the worker has ended."""
    marks = [f"good-{number}" for number in range(GOOD)]
    await stage.enqueue(*(Task(mark, "rest", 0.05) for mark in marks))

    async def decided() -> bool:
        return worker.exit_code is not None or all(stage.ends(mark) for mark in marks)

    await wait_for(decided, _DONE)
    await anyio.sleep(_AFTER)
    return marks


async def _neighbours(stage: Stage, worker: Worker, good: Sequence[str]) -> tuple[str, dict[str, float]]:
    """Say what became of the good jobs, and of the worker."""
    code = worker.exit_code
    run = sum(bool(stage.ends(mark)) for mark in good)
    again = sum(max(0, len(stage.starts(mark)) - 1) for mark in good)
    done = await stage.done(good)
    figures: dict[str, float] = {"run": run, "again": again, "done": min(done, run), "at": monotonic()}
    words = f"{min(done, run)} of {GOOD} others done"
    if run > done:
        words = f"{run} of {GOOD} others run, {done} of them acknowledged"
    if again:
        words += f", {times(again, 'start')} too many"
    if code is not None:
        figures["exit"] = code
        words = f"**the worker ends** with {code}; {words}"
    del figures["at"]
    return words, figures

"""Worker processes, and what can befall them."""

import signal
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fleet.db import Pool
from fleet.queue.wake import Echo
from fleet.testing.ask import Ask
from fleet.testing.fleet import Fleet
from fleet.testing.process import WorkerProcess
from fleet.testing.waiting import Until
from tests.testing.shop import Notify, Pack

LEASE = timedelta(seconds=1.5)
PATIENCE = timedelta(seconds=20)


async def says(worker: WorkerProcess, until: Until, words: str, *, times: int = 1) -> None:
    async def said() -> bool:
        return worker.text().count(words) >= times

    await until(said, within=PATIENCE, what=f"{worker.name} says {words} {times} times")


async def packing(fleet: Fleet, ask: Ask, until: Until, *, idle: int = 0) -> tuple[int, list[WorkerProcess]]:
    """A job in whose middle the first worker is, where it would stay; and as many *idle* ones."""
    workers = await fleet.start(1 + idle, lease=LEASE)
    job = await ask.enqueue(Pack(order=7, stays=True))
    running = await until(job, "running", within=PATIENCE)
    workers.sort(key=lambda worker: worker.name != running.replica)
    # The claim is known to the database before it is known to the worker.
    await says(workers[0], until, "shop.packing")
    return job, workers


async def test_workers_share_the_work_and_stop_when_asked(fleet: Fleet, ask: Ask, until: Until) -> None:
    a, b = await fleet.start(2)
    jobs = [await ask.enqueue(Pack(order=number)) for number in range(6)]
    ended = [await until(job, "done", within=PATIENCE) for job in jobs]

    assert {job.replica for job in ended} <= {a.name, b.name}
    assert (await a.terminate(), await b.terminate()) == (0, 0)
    assert "worker.stopped" in a.text()


async def test_a_registry_may_be_opened_on_the_workers_own_pool(
    fleet: Fleet, ask: Ask, until: Until, pool: Pool
) -> None:
    await fleet.start(registry="tests.testing.shop:open_registry", slots={"orders": 1})
    done = await until(await ask.enqueue(Pack(order=7)), "done", within=PATIENCE)

    assert done.result == '{"order": 7, "attempt": 1}'
    assert await pool.fetchval("select array_agg(shop_order) from packed") == [7]


async def test_a_worker_that_does_not_start_says_why(fleet: Fleet) -> None:
    with pytest.raises(AssertionError, match=r"(?s)worker-1 has ended with 1.*is neither a Registry nor opens one"):
        await fleet.start(registry="tests.testing.shop:nothing")


async def test_the_databases_address_is_not_among_the_arguments(fleet: Fleet) -> None:
    (worker,) = await fleet.start()

    assert "postgresql://" not in Path(f"/proc/{worker.pid}/cmdline").read_text(encoding="utf-8")


async def test_a_frozen_workers_job_is_finished_by_another_once_its_lease_is_over(
    fleet: Fleet, ask: Ask, until: Until
) -> None:
    job, (a, b) = await packing(fleet, ask, until, idle=1)

    await a.freeze()
    done = await until(job, "done", by=b, within=PATIENCE)
    said_while_frozen = a.text()
    await a.thaw()
    await says(a, until, "shop.stopped")

    assert "shop.stopped" not in said_while_frozen
    assert done.attempt == 2
    assert await ask.story(job) == [("lost", 1, "WorkerLost")]
    assert (await until(job, "done", within=PATIENCE)).replica == b.name


async def test_a_killed_worker_leaves_its_job_to_another(fleet: Fleet, ask: Ask, until: Until) -> None:
    job, (a, b) = await packing(fleet, ask, until, idle=1)

    await a.kill()

    assert await a.exit_code() == -signal.SIGKILL
    assert (await until(job, "done", by=b, within=PATIENCE)).attempt == 2


async def test_a_worker_that_lost_its_lease_stops_its_handler_and_the_job_is_done_once(
    fleet: Fleet, ask: Ask, until: Until, pool: Pool
) -> None:
    job, (a,) = await packing(fleet, ask, until)

    former = await a.lose_lease()
    done = await until(job, "done", by=a, within=PATIENCE)

    assert await a.id() != former
    assert "shop.stopped" in a.text()
    assert done.attempt == 2
    assert await pool.fetchval("select count(*) from fleet.job_history where id = $1", job) == 1


async def test_a_worker_whose_connections_are_half_open_loses_its_job_and_comes_back_when_healed(
    fleet: Fleet, ask: Ask, until: Until
) -> None:
    job, (a, b) = await packing(fleet, ask, until, idle=1)
    former = await a.id()

    await a.half_open(also_new=True)
    done = await until(job, "done", by=b, within=PATIENCE)
    await says(a, until, "shop.stopped")
    await a.heal()

    assert done.attempt == 2
    assert await a.id() != former


async def test_a_worker_that_gets_no_answers_stops_its_handler(fleet: Fleet, ask: Ask, until: Until) -> None:
    _, (a,) = await packing(fleet, ask, until)

    await a.half_open(answers_only=True, also_new=True)
    await says(a, until, "shop.stopped")

    await says(a, until, "worker.lease_lost")


@pytest.mark.parametrize("silently", [False, True], ids=["ended", "silent"])
async def test_a_worker_without_its_listener_still_finds_its_jobs(
    fleet: Fleet, ask: Ask, until: Until, *, silently: bool
) -> None:
    (a,) = await fleet.start(echo=Echo(pause=timedelta(seconds=0.2), limit=timedelta(seconds=1)))
    await until(await ask.enqueue(Notify(order=1)), "done", within=PATIENCE)

    await a.cut_listen(silently=silently)
    job = await ask.enqueue(Notify(order=2))

    assert (await until(job, "done", within=PATIENCE)).attempt == 1
    await says(a, until, "listener.lost")
    assert a.text().count("worker.started") == 1


async def test_a_slow_database_slows_a_worker_and_costs_it_nothing(fleet: Fleet, ask: Ask, until: Until) -> None:
    (a,) = await fleet.start(lease=timedelta(seconds=5))
    former = await a.id()

    await a.slow_db(timedelta(seconds=0.1))
    job = await ask.enqueue(Pack(order=7))
    slow = await until(job, "done", within=PATIENCE)
    await a.heal()

    assert (slow.attempt, slow.replica) == (1, a.name)
    assert await a.id() == former


async def test_nothing_can_befall_a_worker_that_has_ended(fleet: Fleet) -> None:
    (worker,) = await fleet.start()
    await worker.kill()

    for fault in (
        worker.freeze,
        worker.thaw,
        worker.kill,
        worker.terminate,
        worker.cut_listen,
        worker.half_open,
        partial(worker.slow_db, timedelta(seconds=0.1)),
        worker.lose_lease,
    ):
        with pytest.raises(AssertionError, match="worker-1 has ended with -9"):
            await fault()


async def nobody_runs(group: int) -> bool:
    """Whether all of a process group has ended; whether anybody has taken note of that is for others to see to."""
    states = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, its_group, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            states += [state] if int(its_group) == group else []
    return set(states) <= {"Z", "X"}


async def test_workers_end_whatever_state_they_are_in(fleet: Fleet, until: Until) -> None:
    (a, b) = await fleet.start(2)
    await a.freeze()

    await a.end()
    await b.end()

    for worker in (a, b):
        await until(partial(nobody_runs, worker.pid), what=f"nobody of the group of {worker.name} runs")
        with pytest.raises(AssertionError, match="has ended with -9"):
            await worker.id()

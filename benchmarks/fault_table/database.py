"""What befalls the way to PostgreSQL: strange notifications, connections ended, silent, and the server gone."""

from time import monotonic

import anyio

from benchmarks.fault_table.cell import Seen, times
from benchmarks.fault_table.stage import Stage, Worker, exits, wait_for
from benchmarks.peers.peer import Task
from benchmarks.peers.running import Client

_NOISE = ("garbage", "", "[]", "{}", "null", "0", '{"type": 7}', "x" * 7999, "\u202e␀")
_OUTAGE = 6.0
_HELD = 4.0


async def notify(stage: Stage) -> Seen:
    heard: list[object] = []
    async with stage.working("worker") as worker, stage.client() as client, stage.connection() as connection:
        channel = stage.peer.channel
        await connection.add_listener(channel, lambda *notice: heard.append(notice[-1]))
        # An idle worker is woken on that channel; else nobody listens there, and it proves nothing.
        await anyio.sleep(1)
        await client.enqueue([Task("before", "rest", 0)])

        async def real() -> bool:
            return bool(heard) and bool(stage.ends("before"))

        if not await wait_for(real, 10):
            raise AssertionError("nothing is announced on that channel")
        genuine = len(heard)
        for payload in _NOISE:
            await connection.execute("select pg_notify($1, $2)", channel, payload)

        async def all_noise() -> bool:
            return len(heard) >= genuine + len(_NOISE)

        if not await wait_for(all_noise, 10):
            raise AssertionError("the notifications were not delivered")
        return await _probe(stage, worker, monotonic(), client, within=30)


async def terminate(stage: Stage) -> Seen:
    async with stage.working("worker") as worker, stage.client() as client:
        await _hold(stage)
        async with stage.connection() as connection:
            ended = await connection.fetchval(
                "select count(*) from unnest($1::integer[]) as backend where pg_terminate_backend(backend)",
                worker.backends(),
            )
        if not ended:
            raise AssertionError("there was no connection to end")
        return await _probe(stage, worker, monotonic(), client, within=40, held=True)


async def outage(stage: Stage) -> Seen:
    async with stage.working("worker", direct=True) as worker:
        await _hold(stage)
        await stage.server.stop("fast")
        try:
            await anyio.sleep(_OUTAGE)
        finally:
            # Also when this is given up: the faults that follow need it.
            with anyio.CancelScope(shield=True):
                await stage.server.start()
        answers = monotonic()
        async with stage.client() as client:
            return await _probe(stage, worker, answers, client, within=60, held=True)


async def half_open(stage: Stage) -> Seen:
    async with stage.working("worker") as worker, stage.client() as client:
        # Idle for a moment, as connections mostly are when they are forgotten.
        await anyio.sleep(2)
        backends = worker.backends()
        for link in list(worker.proxy.links):
            link.darken()
        async with stage.connection() as connection:
            open_still = await connection.fetchval(
                "select count(*) from pg_stat_activity where pid = any($1)", backends
            )
        if not open_still:
            raise AssertionError("the connections did not stay open")
        return await _probe(stage, worker, monotonic(), client, within=75)


async def _hold(stage: Stage) -> None:
    await stage.enqueue(Task("held", "rest", _HELD))
    if await stage.started("held") is None:
        raise AssertionError("the job to be held was not begun")


async def _probe(
    stage: Stage, worker: Worker, since: float, client: Client, *, within: float, held: bool = False
) -> Seen:
    """Enqueue a job, and say how long after *since* it begins, or how the worker has ended."""
    figures: dict[str, float] = {}
    await client.enqueue([Task("probe", "rest", 0)])

    async def decided() -> bool:
        return worker.exit_code is not None or bool(stage.starts("probe"))

    await wait_for(decided, within)
    starts = stage.starts("probe")
    if starts:
        figures["next"] = starts[0].at - since
        words = f"the next job begins after {figures['next']:.1f} s"
    else:
        words = f"no job begins within {within:g} s"
    # One that ends all the same does so within moments.
    code = await exits(worker, 3)
    if code is not None:
        figures["exit"] = code
        words = f"**the worker ends** with {code}" + (f"; {words}" if starts else "")
    if held:

        async def settled() -> bool:
            return bool(stage.ends("held"))

        # One that was interrupted runs again when a lease is over.
        await wait_for(settled, 0 if code is not None else 20)
        figures["held"] = len(stage.starts("held"))
        words += f"; the job it held: {times(len(stage.starts('held')), 'start')}, `{await stage.state('held')}`"
    return Seen(words, figures)

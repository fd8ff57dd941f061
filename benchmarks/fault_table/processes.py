"""What befalls worker processes: killed, frozen, asked to stop, killed by a job."""

import signal
from time import monotonic

import anyio

from benchmarks.fault_table.cell import Seen, times
from benchmarks.fault_table.stage import Stage, Worker, exits, wait_for
from benchmarks.peers.journal import Event
from benchmarks.peers.peer import Task

_AGAIN = 45.0
_REST = 300.0


async def kill(stage: Stage) -> Seen:
    return await _killed(stage, all_of_it=False)


async def kill_all(stage: Stage) -> Seen:
    return await _killed(stage, all_of_it=True)


async def _killed(stage: Stage, *, all_of_it: bool) -> Seen:
    async with stage.working("held") as held:
        await _hold(stage, held, _REST)
        async with stage.working("heir"):
            killed = held.kill(all_of_it=all_of_it)
            if await exits(held, 5) != -signal.SIGKILL:
                raise AssertionError("it was not killed")
            return await _again(stage, killed, "its job runs again after {:.1f} s")


async def _again(stage: Stage, since: float, words: str) -> Seen:
    """Wait until the held job begins again; where that is up to an operator, until one has done so."""
    patience = 15.0 if stage.peer.release else _AGAIN
    again = await stage.started("held", times=2, within=patience)
    if again is not None:
        return Seen(words.format(again.at - since), {"again": again.at - since})
    if not stage.peer.release:
        return Seen(f"its job does not run again within {_AGAIN:g} s")
    await stage.release("held")
    released = monotonic()
    again = await stage.started("held", times=2, within=_AGAIN)
    if again is None:
        return Seen("its job does not run again, nor when an operator has released it")
    return Seen(f"not by itself within {patience:g} s; {again.at - released:.1f} s after an operator has released it")


async def _hold(stage: Stage, worker: Worker, seconds: float) -> Event:
    """Let *worker* begin the job "held"; it must be the only one."""
    await stage.enqueue(Task("held", "rest", seconds))
    begun = await stage.started("held")
    if begun is None or begun.life != worker.life:
        raise AssertionError("the job to be held was not begun")
    return begun


async def stale(stage: Stage) -> Seen:
    """Freeze a worker until another one has its job, then let it end its own run beside that."""
    rest = 14.0
    async with stage.working("held") as held:
        begun = await _hold(stage, held, rest)
        async with stage.working("heir"):
            await held.freeze()
            again = await stage.started("held", times=2, within=12 if stage.peer.release else _AGAIN)
            if again is None and stage.peer.release:
                await stage.release("held")
                again = await stage.started("held", times=2)
            if again is None:
                raise AssertionError("nobody else began the job of the frozen worker")
            held.thaw()
            # The frozen run is over when its own clock says so, which went on.
            await anyio.sleep(max(begun.at + rest, monotonic()) - monotonic() + 2.5)
            state = await stage.state("held")
            if any(end.life == "heir" for end in stage.ends("held")) or monotonic() > again.at + rest - 0.5:
                raise AssertionError("the second run ended too soon to see what the first one's end did to it")
            ended = any(end.life == "held" for end in stage.ends("held"))
        how = "its handler ended" if ended else "its handler was stopped before it ended"
    if state == stage.peer.running:
        return Seen(f"refused: still `{state}` for its new owner ({how})", {"accepted": 0})
    return Seen(f"**accepted**: `{state}` while its new owner runs it", {"accepted": 1})


async def stop(stage: Stage) -> Seen:
    rest = 25.0
    async with stage.working("held") as held:
        await _hold(stage, held, rest)
        async with stage.working("heir"):
            asked = held.terminate()
            code = await exits(held, 40)
            ended = monotonic() - asked
            again = await stage.started("held", times=2, within=8)
            state = await stage.state("held")
    figures = {"exit": ended}
    exit_words = "does not exit within 40 s" if code is None else f"exit {code} after {ended:.1f} s"
    if again is None:
        whole = any(event.life == "held" for event in stage.ends("held"))
        became = "with the job done" if whole else f"and its job does not run again within 8 s: `{state}`"
        return Seen(f"{exit_words}, {became}", figures)
    figures["again"] = again.at - asked
    return Seen(f"{exit_words}; its job runs again after {again.at - asked:.1f} s", figures)


async def deadly(stage: Stage) -> Seen:
    """Let a job kill its worker, which is started again at once, as long as it takes for a bound to show."""
    seconds = 75.0
    async with stage.working("first"):
        pass
    await stage.enqueue(Task("deadly", "kill"))
    ends_at, lives = monotonic() + seconds, 0
    while monotonic() < ends_at:
        lives += 1
        async with stage.worker(f"life-{lives}") as worker:
            await exits(worker, ends_at - monotonic())
    kills, state = len(stage.starts("deadly")), await stage.state("deadly")
    if not kills:
        raise AssertionError("the job never ran")
    figures: dict[str, float] = {"kills": kills, "restarts": lives}
    if state in {"no row", "lost", "failed", "cancelled", "aborted"}:
        return Seen(f"{times(kills, 'kill')}, then `{state}`", figures)
    return Seen(f"{times(kills, 'kill')} in {seconds:g} s, and `{state}`", figures)


async def block(stage: Stage) -> Seen:
    """Block the loop of a worker for almost three leases."""
    seconds = 14.0
    async with stage.working("held") as held:
        async with stage.working("heir"):
            pass
        await stage.enqueue(Task("blocked", "block", seconds))
        begun = await stage.started("blocked")
        if begun is None:
            raise AssertionError("the job was not begun")
        async with stage.worker("heir-2"):

            async def over() -> bool:
                return monotonic() > begun.at + seconds + 8

            await wait_for(over, seconds + 30)
            starts = len(stage.starts("blocked"))
            state = await stage.state("blocked")
        if begun.life != held.life:
            raise AssertionError("another worker had begun it")
    return Seen(f"{times(starts, 'start')}; then `{state}`", {"starts": starts})

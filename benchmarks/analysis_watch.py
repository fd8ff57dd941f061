"""Watches this process while it analyses: its loop, its memory, and that of its parsers."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import thread_time

import anyio

from benchmarks.frame.usage import children_of

HOLD, WORKER, PARSER = "longest hold of the loop", "most memory of the worker", "most memory of a parser"
_TICK = 0.002
# proc(5): forget the most memory that was held so far.
_RESET = "5"


@asynccontextmanager
async def watching() -> AsyncIterator[dict[str, float]]:
    """Give milliseconds and megabytes by name, when the block has ended."""
    found: dict[str, float] = {HOLD: 0.0}
    this = Path(f"/proc/{os.getpid()}")
    (this / "clear_refs").write_text(_RESET, encoding="ascii")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tick, found)
        yield found
        tasks.cancel_scope.cancel()
    found[WORKER] = _most_memory(this)
    # Since they were started; in the first, which counts for nothing, there is none at the beginning.
    found[PARSER] = max(_most_memory(parser) for parser in _parsers())


async def _tick(found: dict[str, float]) -> None:
    while True:
        before = thread_time()
        await anyio.sleep(_TICK)
        found[HOLD] = max(found[HOLD], (thread_time() - before) * 1000)


def _parsers() -> list[Path]:
    folders = [Path(f"/proc/{child}") for child in children_of(os.getpid())]
    return [folder for folder in folders if b"fleet.analysis.parse.child" in (folder / "cmdline").read_bytes()]


def _most_memory(process: Path) -> float:
    lines = (process / "status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000

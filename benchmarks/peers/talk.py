"""How a client in Python is talked to: on stdin a line of JSON for each thing to do, on stdout one when it is done."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

Do = Callable[[dict[str, Any]], Awaitable[None]]


async def serve(ways: dict[str, Do]) -> None:
    """Do what is asked for, by its name in *ways*, until stdin ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        ask = json.loads(line)
        began = time.monotonic()
        await ways[ask["do"]](ask)
        print(json.dumps({"began": began, "seconds": time.monotonic() - began}), flush=True)  # noqa: T201  # its answer


async def side_by_side(ask: dict[str, Any], do: Callable[[int], Awaitable[object]]) -> None:
    """Call *do* with each number below *count*, so many of them *at_once*."""
    numbers = iter(range(ask["count"]))

    async def one_after_another() -> None:
        for number in numbers:
            await do(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(ask.get("at_once", 1)):
            group.create_task(one_after_another())


def nothing(number: int) -> dict[str, Any]:
    """Return a task that does nothing."""
    return {"mark": str(number), "act": "none", "seconds": 0.0}

"""Ends a process that would not end by itself: handlers have left it a thread, or a task that ignores its end."""

import asyncio
import os
import threading
from datetime import timedelta

import structlog

from fleet.queue.plan import EXIT_STUCK

# Whatever a process waits for at its end has had all of its drain before.
LAST_MOMENTS = timedelta(seconds=2)


def end_within(limit: timedelta) -> None:
    """See to it that this process ends so soon; to be called when it has nothing left to do."""
    last = threading.Timer(limit.total_seconds(), _end, [asyncio.get_running_loop()])
    last.daemon = True
    last.start()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    threads = [one.name for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]
    tasks = [] if loop.is_closed() else [one.get_name() for one in asyncio.all_tasks(loop)]
    structlog.get_logger().error("process.held_up", threads=sorted(threads), tasks=sorted(tasks))
    os._exit(EXIT_STUCK)

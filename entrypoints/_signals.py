"""The first thing a process does; imports nothing, so that nothing comes before it."""

import os
import signal
from types import FrameType
from typing import NoReturn


def leave_on_signal() -> None:
    """Leave at once on SIGTERM and SIGINT, until something is running that wants to be drained.

    A process that is number 1 in its container ignores SIGTERM unless it has a handler, and the imports take a while.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Not an exception: it could be raised in the middle of an import and be swallowed there.
    os._exit(0)

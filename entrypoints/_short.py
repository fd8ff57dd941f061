"""How a process begins and ends that a cron starts for a moment: nothing looks for garbage meanwhile, or tidies up."""

import gc
import os
import sys
from typing import NoReturn


def load_at_once() -> None:
    """Look for no garbage from now on: what is loaded is none, and the looking would be a sixth of a short run."""
    gc.disable()


def begin() -> None:
    """Look for garbage again, but not among what was loaded."""
    gc.freeze()
    gc.enable()


def end(code: int) -> NoReturn:
    """End now. Python would take everything apart first, for as long as the run itself may have taken."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        # Whoever was to read this is gone. Python says so, by its own exit status.
        sys.exit(code)
    os._exit(code)

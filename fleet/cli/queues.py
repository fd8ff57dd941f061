"""The queues that anything knows, so that a slip of the finger is told from a queue."""

import difflib

from fleet.db import Connection
from fleet.errors import NothingFound


async def require_queue(connection: Connection, name: str) -> None:
    """Raise NothingFound unless a queue is called *name*: pausing one that is not would set a trap for later."""
    known = [row["queue"] for row in await connection.fetch("select queue from fleet.queues")]
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {close[0]}?" if close else f"there are {', '.join(known) or 'none'}"
    raise NothingFound(f"no queue is called {name}; {guess}")

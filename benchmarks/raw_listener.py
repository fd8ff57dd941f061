"""The least that an idle worker can do: listen, and claim one row when it hears something.

Says on its standard error when it listens, and then the time by the machine's monotonic clock at which it had each row.
"""

import os
import sys
from time import monotonic
from typing import Any

import anyio

from benchmarks.noop import DatabaseSettings
from benchmarks.raw import CLAIM
from fleet.config import DatabaseUrl, load
from fleet.db import connect


async def listen(url: DatabaseUrl) -> None:
    heard = anyio.Event()

    def hear(*_notification: Any) -> None:
        heard.set()

    async with connect(url, application="raw") as listening, connect(url, application="raw") as claiming:
        statement = await claiming.prepare(CLAIM)
        await listening.add_listener("raw", hear)
        _say("listening")
        while True:
            await heard.wait()
            heard = anyio.Event()
            while await statement.fetch(1):
                _say(repr(monotonic()))


def _say(word: str) -> None:
    sys.stderr.write(f"{word}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    anyio.run(listen, load(DatabaseSettings, os.environ).database_url, backend_options={"use_uvloop": True})

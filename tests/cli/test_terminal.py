"""A person at a terminal: a real one, of a size and with keys."""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType

import anyio
import pytest
from anyio.abc import Process

from fleet.db import connect
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.cli.conftest import Queue
from tests.processes.conftest import ROOT

PATIENCE = timedelta(seconds=20)
ENTER_SCREEN, LEAVE_SCREEN, SHOW_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"

# A session whose terminal it is: so Ctrl-C typed there becomes a signal, as at any prompt.
BEGIN = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("fleet.cli", run_name="__main__")
"""


class Terminal:
    """A pseudo terminal: what a command draws on it, and the keys that are pressed."""

    def __init__(self, side: int, process: Process) -> None:
        self._side = side
        self.process = process
        self.text = ""

    def press(self, keys: str) -> None:
        os.write(self._side, keys.encode())

    def look(self) -> str:
        """Return everything that was drawn so far."""
        try:
            while drawn := os.read(self._side, 65536):
                self.text += drawn.decode(errors="replace")
        except (BlockingIOError, OSError):
            # Nothing more for now, or the other side is closed.
            pass
        return self.text

    async def shows(self, what: str) -> None:
        async def shown() -> bool:
            return what in self.look()

        await until(shown, within=PATIENCE, what=f"{what} is shown; there is {self.text[-500:]!r}")

    async def exit_code(self) -> int:
        with anyio.fail_after(PATIENCE.total_seconds()):
            code = await self.process.wait()
        self.look()
        return code


@asynccontextmanager
async def open_terminal(
    database: Database, *argv: str, width: int = 120, environ: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Terminal]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    os.set_blocking(ours, False)
    settings = {"DATABASE_URL": database.url.reveal(), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    process = await anyio.open_process(
        [sys.executable, "-c", BEGIN, *argv],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.environ["PATH"], **settings, **environ},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.wait()
        os.close(ours)


def uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


async def test_status_is_drawn_anew_until_ctrl_c_and_leaves_the_terminal_as_it_was(
    database: Database, queue: Queue
) -> None:
    await queue.add(2)
    async with open_terminal(database, "status", "--every", "0.1s") as terminal:
        await terminal.shows("Ctrl-C ends")
        await queue.add(40)
        await terminal.shows("42")

        terminal.press("\x03")
        code = await terminal.exit_code()

    assert code == 0
    assert terminal.text.startswith(ENTER_SCREEN)
    assert terminal.text.rindex(LEAVE_SCREEN) > terminal.text.rindex("Ctrl-C ends")
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex("Ctrl-C ends")
    assert "Traceback" not in terminal.text


@pytest.mark.usefixtures("queue")
async def test_a_status_that_is_asked_to_end_leaves_the_terminal_as_it_was(database: Database) -> None:
    async with open_terminal(database, "status") as terminal:
        await terminal.shows("Ctrl-C ends")
        terminal.process.send_signal(signal.SIGTERM)

        assert await terminal.exit_code() == 0
    assert LEAVE_SCREEN in terminal.text


async def test_a_status_whose_connection_ends_looks_for_the_database_again(database: Database, queue: Queue) -> None:
    async with open_terminal(database, "status", "--every", "0.1s") as terminal:
        await terminal.shows("Ctrl-C ends")
        await queue.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'fleet-cli%'"
        )
        await terminal.shows("looking for it again")
        await queue.add(42)
        await terminal.shows("42")


@pytest.mark.parametrize(("width", "there", "gone"), [(120, "note", ""), (58, "oldest wait", "scheduled")])
async def test_a_narrow_terminal_has_fewer_columns_and_no_broken_lines(
    database: Database, queue: Queue, width: int, there: str, gone: str
) -> None:
    await queue.failed(1, message="mmm " * 80)
    async with open_terminal(database, "status", "--once", width=width) as terminal:
        assert await terminal.exit_code() == 0

    lines = [line.rstrip() for line in uncoloured(terminal.text).splitlines()]
    assert max(map(len, lines)) <= width
    assert there in lines[1]
    assert not gone or gone not in lines[1]
    # What is too long is cut, and nothing else is.
    assert [line.split()[:3] for line in lines if "mmm" in line] == [["1", "note", "Boom:"]]
    assert lines[2].split()[0] == "notes"


async def test_names_are_cut_before_numbers(database: Database, queue: Queue) -> None:
    name = "a_queue_with_quite_a_long_name"
    await queue.declare("other", name)
    await queue.connection.execute(
        "insert into fleet.job (kind, queue) select 'other', $1 from generate_series(1, 2345)", name
    )
    async with open_terminal(database, "status", "--once", width=40) as terminal:
        assert await terminal.exit_code() == 0

    (row,) = [line.split() for line in uncoloured(terminal.text).splitlines() if line.startswith("a_")]
    assert row[1] == "2,345"


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
async def test_colour_is_for_terminals_that_want_it(
    database: Database, queue: Queue, environ: dict[str, str], coloured: bool
) -> None:
    await queue.failed()
    async with open_terminal(database, "history", environ=environ) as terminal:
        assert await terminal.exit_code() == 0

    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.text)) == coloured


@pytest.mark.usefixtures("queue")
async def test_a_terminal_that_cannot_be_drawn_on_gets_the_status_once(database: Database) -> None:
    async with open_terminal(database, "status", environ={"TERM": "dumb"}) as terminal:
        assert await terminal.exit_code() == 0

    assert terminal.text.startswith("Queues at ")
    assert "\x1b" not in terminal.text


async def test_ctrl_c_at_a_question_changes_nothing(database: Database, queue: Queue) -> None:
    (job,) = await queue.failed()
    async with open_terminal(database, "retry", "--kind", "note") as terminal:
        await terminal.shows("[y/N]")
        terminal.press("\x03")

        assert await terminal.exit_code() == 130
    assert "Traceback" not in terminal.text
    assert await queue.states(job) == ["failed"]


async def test_ctrl_c_between_batches_leaves_whole_ones_done_and_says_how_many(
    database: Database, queue: Queue
) -> None:
    ids = await queue.add(2500)
    async with connect(database.url, application="psql") as other, other.transaction():
        await other.execute("select from fleet.job where id = $1 for update", ids[1500])
        async with open_terminal(database, "cancel", "--kind", "note", "--yes") as terminal:

            async def first_batch_is_done() -> bool:
                return bool(await queue.connection.fetchval("select count(*) = 1500 from fleet.job"))

            await until(first_batch_is_done, within=PATIENCE, what="a thousand jobs are cancelled")
            terminal.press("\x03")
            code = await terminal.exit_code()

    assert code == 130
    assert "interrupted: 1,000 jobs of 2,500 dealt with" in terminal.text
    assert "Traceback" not in terminal.text
    assert [record["count"] for record in await queue.records()] == [1000]
    assert await queue.connection.fetchval("select count(*) from fleet.job") == 1500


async def test_a_reader_that_has_seen_enough_is_no_error(database: Database, queue: Queue) -> None:
    await queue.add(3000)
    command = f"{sys.executable} -m fleet.cli jobs --limit 3000; echo ended $? >&2"

    ran = await anyio.run_process(
        ["bash", "-c", f"({command}) | head -1"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database.url.reveal()},
    )

    assert ran.stdout.split()[:2] == [b"id", b"kind"]
    assert ran.stderr == b"ended 141\n"

"""The local PostgreSQL: what lasts, what goes, and with whom."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.errors import LocalDatabaseError
from fleet.local.cluster import lock
from fleet.local.server import run_postgres, start_postgres
from fleet.testing.until import until

ROOT = Path(__file__).parents[2]
STARTER = """
import sys
from pathlib import Path
from fleet.local.cluster import lock
from fleet.local.server import start_postgres

server = start_postgres(Path(sys.argv[1]) if sys.argv[1:] else None)
print(server.url.reveal(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory(open_folder: Path) -> Path:
    return open_folder / "postgres"


@contextmanager
def starter(*arguments: Path) -> Iterator[tuple["subprocess.Popen[str]", DatabaseUrl]]:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        try:
            yield process, DatabaseUrl(process.stdout.readline().strip())
        finally:
            process.kill()


def folder_of(url: DatabaseUrl) -> Path:
    """The folder of everything that is to go with the server; its socket lies one deeper."""
    return Path(parse_qs(urlsplit(url.reveal()).query)["host"][0]).parent


async def test_a_temporary_server_leaves_nothing_behind() -> None:
    async with run_postgres(None) as url:
        folder = folder_of(url)
        async with connect(url, application="test") as conn:
            pid = await conn.fetchval("select pg_backend_pid()")
        assert folder.is_dir()

    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


async def test_nothing_listens_on_the_network() -> None:
    async with run_postgres(None) as url, connect(url, application="test") as conn:
        assert await conn.fetchval("show listen_addresses") == ""


async def test_a_server_ends_when_its_starter_is_killed() -> None:
    with starter() as (process, url):
        async with connect(url, application="test"):
            folder = folder_of(url)

        process.send_signal(signal.SIGKILL)

        await until(lambda: _gone(folder), what="the server's files are removed")


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels have no signal for the death of a parent")
async def test_a_server_ends_when_its_guard_is_killed() -> None:
    with starter() as (process, url):
        folder = folder_of(url)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        os.kill(int(children[0]), signal.SIGKILL)

        await until(lambda: _gone(folder / "s" / ".s.PGSQL.5432"), what="the server removes its socket")

    shutil.rmtree(folder)


async def test_what_a_killed_starter_committed_is_there_at_the_next_start(directory: Path) -> None:
    with starter(directory) as (process, url):
        async with connect(url, application="test") as conn:
            await conn.execute("create table kept as select 42 as answer")
        process.send_signal(signal.SIGKILL)

    async with run_postgres(directory) as url, connect(url, application="test") as conn:
        assert await conn.fetchval("select answer from kept") == 42


async def test_a_pid_file_left_by_a_crash_does_not_stop_the_next_start(directory: Path) -> None:
    async with run_postgres(directory) as url, connect(url, application="test") as conn:
        data = Path(await conn.fetchval("show data_directory"))

    async with run_postgres(None) as url, connect(url, application="test") as conn:
        # The number in it has gone to a process that lives and has nothing to do with it.
        alive = await conn.fetchval("select pg_backend_pid()")
        (data / "postmaster.pid").write_text(f"{alive}\n{data}\n1\n5432\n\n\n\n", encoding="ascii")

        async with run_postgres(directory) as own, connect(own, application="test") as second:
            assert await second.fetchval("select 1") == 1


def test_a_server_that_crashes_ends_its_guard_in_order(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server = start_postgres(directory)
    (pid_file,) = directory.glob("*/postmaster.pid")

    os.kill(int(pid_file.read_text(encoding="utf-8").splitlines()[0]), signal.SIGQUIT)
    ended = server._process.wait(timeout=20)
    server.stop()

    assert (ended, capfd.readouterr().err) == (0, "")


def test_a_second_server_on_the_same_files_is_refused(directory: Path) -> None:
    server = start_postgres(directory)
    try:
        with pytest.raises(LocalDatabaseError, match="another process runs PostgreSQL"):
            lock(directory, limit=timedelta(0))
    finally:
        server.stop()


def test_a_server_that_cannot_start_says_why(directory: Path) -> None:
    start_postgres(directory).stop()
    (version,) = (folder for folder in directory.iterdir() if folder.is_dir())
    (version / "postgresql.auto.conf").write_text("no_such_setting = 1\n", encoding="ascii")

    with pytest.raises(LocalDatabaseError, match="no_such_setting"):
        start_postgres(directory)


def test_a_long_temporary_folder_does_not_make_the_socket_too_long(open_folder: Path, directory: Path) -> None:
    long = open_folder / ("x" * 100)
    long.mkdir()

    answer = subprocess.run(
        [sys.executable, "-c", STARTER, directory],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(long)},
    )

    assert len(str(folder_of(DatabaseUrl(answer.stdout.strip())))) < 80


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_server_itself_holds_the_lock_on_its_files(directory: Path) -> None:
    async with run_postgres(directory) as url, connect(url, application="test") as conn:
        backend = await conn.fetchval("select pg_backend_pid()")

        held = {path.readlink() for path in Path(f"/proc/{backend}/fd").iterdir() if path.is_symlink()}

        assert directory / "lock" in held


async def _gone(path: Path) -> bool:
    return not path.exists()


def test_files_that_last_are_reached_under_the_same_address_each_time(directory: Path) -> None:
    addresses = []
    for _ in range(2):
        server = start_postgres(directory)
        addresses.append(server.url)
        server.stop()

    assert addresses[0] == addresses[1]

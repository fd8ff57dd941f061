"""Every hostile repository through one analyzer: it ends with its reason, reads nothing else and starts nothing."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.analysis.job import LOCAL_HOST, Analyze
from fleet.db import Pool
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.testing.fleet import Fleet
from fleet.testing.until import until
from tests.analysis.git.git_fixtures import FILTERING
from tests.analysis.git.plumbing import BareRepository
from tests.security.corpus_analyzer import PARSERS
from tests.security.corpus_case import Outside
from tests.security.corpus_objects import OBJECTS
from tests.security.corpus_sources import SOURCES
from tests.security.corpus_trees import TREES
from tests.security.opened import watch_openings
from tests.security.tree import descendants

CORPUS = TREES | OBJECTS | SOURCES
# The least that a release is tried with.
ENOUGH = 40
# For all of them together, where one alone may take twenty minutes.
PATIENCE = timedelta(seconds=90)
WORD = "canary_that_sings"
PARSER, KEEPER, GIT = b"fleet.analysis.parse.child", b"fleet.queue.keeper", b"/git/limited.py"


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    return (Analyze,)


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    found = Outside(canary=tmp_path / "outside" / "test_canary.py", marks=tmp_path / "marks")
    found.canary.parent.mkdir()
    found.canary.write_text(f"import pytest\ndef test_{WORD}(): ...\n")
    found.marks.mkdir()
    return found


async def test_no_hostile_repository_does_more_than_fail_its_own_analysis(
    fleet: Fleet, pool: Pool, outside: Outside, tmp_path: Path
) -> None:
    jobs = {name: await put(pool, make(name, tmp_path, outside)) for name in CORPUS}
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    with watch_openings(outside.canary.parent, outside.canary) as openings:
        [worker] = await fleet.start(
            registry="tests.security.corpus_analyzer:open_registry",
            environment={"TMPDIR": str(scratch)},
            slots={Analyze.queue: 4},
        )
        with watch_commands(worker.pid) as commands:
            ended = await until(lambda: all_ended(pool, jobs), within=PATIENCE, what="every analysis has ended")
        read = openings.any
        # Else nothing was seen because nobody looked.
        outside.canary.read_text()
        assert openings.any

    assert len(ended) >= ENOUGH
    assert ends(ended) == {name: case.ends for name, case in CORPUS.items()}
    assert [name for name, row in ended.items() if row["outcome"] != "done" and not row["error_message"]] == []
    assert not read
    assert WORD not in worker.text() + await everything_stored(pool)
    assert list(outside.marks.iterdir()) == []
    assert {command for command in commands if not is_expected(command, worker_command(worker.pid))} == set()
    assert list(scratch.iterdir()) == []
    assert len(descendants(worker.pid)) == 1 + PARSERS + 1


def make(name: str, folder: Path, outside: Outside) -> Analyze:
    """Make the repository of that name; returns the job that analyses it."""
    case, number = CORPUS[name], list(CORPUS).index(name)
    path = folder / "repositories" / f"{number}.git"
    repository = BareRepository(path, settings=FILTERING + case.settings(outside), sha256=case.sha256)
    case.build(repository, outside)
    return Analyze(host=LOCAL_HOST, owner="hostile", repo=f"number-{number}", path=str(path))


async def put(pool: Pool, job: Analyze) -> int:
    async with pool.acquire() as connection:
        return (await enqueue(connection, job, max_attempts=1)).id


async def all_ended(pool: Pool, jobs: Mapping[str, int]) -> dict[str, Any] | None:
    rows = await pool.fetch("select id, outcome::text, error_class, error_message from fleet.job_history")
    ended = {row["id"]: row for row in rows}
    return {name: ended[job] for name, job in jobs.items()} if len(ended) == len(jobs) else None


def ends(rows: Mapping[str, Any]) -> dict[str, str]:
    return {name: "done" if row["outcome"] == "done" else row["error_class"] for name, row in rows.items()}


async def everything_stored(pool: Pool) -> str:
    tables = await pool.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('app', 'fleet')"
    )
    rows = [await pool.fetch(f"select t::text from {table['name']} as t") for table in tables]  # quoted
    return "\n".join(row["t"] for table in rows for row in table)


@contextmanager
def watch_commands(root: int) -> Iterator[set[bytes]]:
    """Look all the time, as fast as one thread can, for what descends from *root*."""
    commands: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        # The wait leaves the machine to what is looked at.
        while not over.wait(0.02):
            commands.update(worker_command(pid) for pid in descendants(root))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield commands
    finally:
        over.set()
        thread.join()


def worker_command(pid: int) -> bytes:
    """Return the command line of a process; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_expected(command: bytes, worker: bytes) -> bool:
    """Tell whether it is the worker, also before what it starts has begun, a parser, the keeper, or git.

    Git has a shell begin the other side of a repository that is on the same disk.
    """
    if command.startswith(b"/bin/sh\0-c\0git-upload-pack "):
        return True
    words = command.split(b"\0")
    program = words[0].rpartition(b"/")[2]
    is_ours = program.startswith(b"python") and any(PARSER in word or KEEPER in word or GIT in word for word in words)
    return command in (b"", worker) or is_ours or program == b"git" or program.startswith(b"git-")

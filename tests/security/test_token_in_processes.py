"""A running analyzer: where a token is while it is used, and what is left when it is not."""

import base64
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from fleet.analysis.job import Analyze
from fleet.db import Pool
from fleet.testing.until import until
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import BareRepository
from tests.processes.conftest import KEY, PATIENCE, Start, Started, migrated, required, start
from tests.processes.test_analysis import ended, put
from tests.processes.test_private_repositories import TOKEN, Users, analyze, analyzer, sealed_for, users
from tests.security.tree import Seen, descendants, is_alive, look, memory

__all__ = ["Start", "analyzer", "migrated", "required", "start", "users"]

pytestmark = pytest.mark.usefixtures("migrated")

FORMS = [TOKEN.encode(), base64.b64encode(f"x-access-token:{TOKEN}".encode())]


class Fetching:
    """An analyzer that has parsed one commit of a private repository and is held in the fetch of the next."""

    def __init__(self, analyzer: Started, host: FakeHost, job: int) -> None:
        self.worker = analyzer.process.pid
        self.host = host
        self.job = job
        self.tree = look(self.worker)

    @property
    def parsers(self) -> list[Seen]:
        return [seen for seen in self.tree if b"fleet.analysis.parse.child" in seen.command]

    @property
    def keepers(self) -> list[Seen]:
        return [seen for seen in self.tree if b"fleet.queue.keeper" in seen.command]

    @property
    def gits(self) -> list[Seen]:
        return [seen for seen in self.tree if seen.is_git]


@pytest.fixture
def core_dumps() -> Iterator[None]:
    """As on a machine where processes may dump core."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.fixture
async def fetching(
    analyzer: Started, hosted: BareRepository, host: FakeHost, users: Users, pool: Pool
) -> AsyncIterator[Fetching]:
    hosted.commit_files({"test_a.py": b"def test_a(): ...\n"})
    host.password = TOKEN
    await users({1: sealed_for(1)})
    first = await analyze(pool, user=1)
    assert first["outcome"] == "done", first
    hosted.commit_files({"test_b.py": b"def test_b(): ...\n"})
    host.waiting.clear()
    host.gate.clear()
    job = await put(pool, Analyze(owner="psf", repo="requests", user_id=1))

    async def is_held() -> bool:
        tree = look(analyzer.process.pid)
        return host.waiting.is_set() and any(b"remote-https" in seen.command for seen in tree)

    await until(is_held, within=PATIENCE)
    yield Fetching(analyzer, host, job)
    host.gate.set()


async def test_a_token_in_use_is_in_no_command_line_no_environment_and_no_open_file(
    fetching: Fetching, pool: Pool
) -> None:
    everything: list[Seen] = list(fetching.tree)
    assert fetching.gits
    assert any(form in memory(fetching.worker) for form in FORMS)

    async def watch() -> None:
        while True:
            everything.extend(await anyio.to_thread.run_sync(look, fetching.worker))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        fetching.host.gate.set()
        assert (await ended(pool, fetching.job))["outcome"] == "done"
        tasks.cancel_scope.cancel()

    shown = b"\n".join(part for seen in everything for part in (seen.command, seen.environment, seen.files))
    assert not [form for form in FORMS if form in shown]


async def test_parsers_and_the_keeper_hold_neither_a_token_nor_the_keys_of_tokens(fetching: Fetching) -> None:
    held = b"".join(memory(seen.pid) + seen.environment for seen in (*fetching.parsers, *fetching.keepers))

    assert b"parse" in held
    assert b"renew_lease" in held
    assert KEY.encode() in memory(fetching.worker)
    assert not [secret for secret in (*FORMS, KEY.encode()) if secret in held]


async def test_git_is_told_of_no_key_and_of_no_database(fetching: Fetching) -> None:
    held = b"".join(memory(seen.pid) + seen.environment for seen in fetching.gits)

    assert b"remote.origin" in held
    assert not [secret for secret in (KEY.encode(), b"DATABASE_URL") if secret in held]


@pytest.mark.usefixtures("core_dumps")
async def test_no_process_of_an_analyzer_leaves_a_core_file(fetching: Fetching) -> None:
    limits = [Path(f"/proc/{seen.pid}/limits").read_text(encoding="ascii").splitlines() for seen in fetching.tree]
    cores = {line.split()[4] for lines in limits for line in lines if line.startswith("Max core file size")}

    assert cores == {"0"}


async def test_what_an_analysis_has_started_ends_with_it(fetching: Fetching, pool: Pool, tmp_path: Path) -> None:
    fetching.host.gate.set()
    await ended(pool, fetching.job)
    stays = {fetching.worker, *(seen.pid for seen in (*fetching.parsers, *fetching.keepers))}

    assert set(descendants(fetching.worker)) == stays
    assert not [seen.pid for seen in fetching.gits if is_alive(seen.pid)]
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_an_analyzer_that_is_killed_leaves_no_process_behind(fetching: Fetching, analyzer: Started) -> None:
    analyzer.kill()
    await analyzer.exit_code()

    async def nothing_runs() -> bool:
        return not [seen for seen in fetching.tree if is_alive(seen.pid)]

    await until(nothing_runs)

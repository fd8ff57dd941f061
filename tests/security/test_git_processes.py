"""Which processes run, with what words, and that none of them stays."""

import os
import resource
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from fleet.analysis.git import limited
from fleet.analysis.git.fetch import Workplace
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.scratch import open_scratch, sweep_scratch
from fleet.analysis.git.source import RemoteSource, local_source, remote_source
from fleet.analysis.limits import Limits
from fleet.analysis.repository import RepositoryAddress
from fleet.errors import InvalidRepository
from fleet.testing.until import until
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import BareRepository
from tests.security.processes import processes_of, watch_processes

# A worker of its own has to start first.
_LONG = timedelta(seconds=15)


async def test_cancelling_in_the_middle_leaves_no_process_and_no_directory(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.gate.clear()

    async def transfer_has_begun() -> bool:
        return host.waiting.is_set() and any(b"remote-https" in command for command in processes_of(scratch))

    async def read() -> None:
        async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch):
            pass

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await until(transfer_has_begun)
        group.cancel_scope.cancel()

    assert processes_of(scratch) == []
    assert list(scratch.iterdir()) == []


async def test_cancelling_between_two_files_leaves_no_process_and_no_directory(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({f"{number}.bin": bytes([number]) * 900_000 for number in range(5)})

    with anyio.CancelScope() as scope:
        async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
            async for _ in repository.read(await repository.entries()):
                scope.cancel()
                await anyio.lowlevel.checkpoint()

    assert scope.cancelled_caught
    assert processes_of(scratch) == []
    assert list(scratch.iterdir()) == []


async def test_a_worker_that_is_killed_takes_its_git_along_and_the_next_one_sweeps(
    hosted: BareRepository, host: FakeHost, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.gate.clear()
    program = f"""
import anyio
from datetime import timedelta
from pathlib import Path
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.source import Network, remote_source
from fleet.analysis.limits import Limits
from fleet.analysis.repository import RepositoryAddress
async def main():
    network = Network(certificates=Path({str(host.network.certificates)!r}), proxy={host.network.proxy!r})
    source = remote_source(RepositoryAddress("github.com", "psf", "requests"), network=network)
    async with open_repository(source, commit=None, token=None, limits=Limits(), scratch=Path({str(scratch)!r})):
        pass
anyio.run(main)
"""

    async def transfer_has_begun() -> bool:
        return host.waiting.is_set()

    async def git_is_gone() -> bool:
        return not processes_of(scratch)

    async with await anyio.open_process([sys.executable, "-c", program]) as worker:
        await until(transfer_has_begun, within=_LONG)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    await until(git_is_gone)

    assert len(list(scratch.iterdir())) == 1
    assert await sweep_scratch(scratch) == 1
    assert list(scratch.iterdir()) == []


async def test_a_sweep_spares_what_is_in_use_and_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "of somebody else").mkdir()

    async with open_scratch(tmp_path) as directory:
        (directory / "file").write_text("in use")
        swept = await sweep_scratch(tmp_path)

        assert swept == 0
        assert (directory / "file").exists()
    assert [left.name for left in tmp_path.iterdir()] == ["of somebody else"]


async def test_a_sweep_of_a_directory_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert await sweep_scratch(tmp_path / "absent") == 0


async def test_a_sweep_does_not_follow_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "fleet-git-link").symlink_to(outside)

    assert await sweep_scratch(tmp_path / "scratch") == 0
    assert (outside / "file").exists()


@pytest.mark.parametrize(
    "commit",
    [
        "--upload-pack=touch /tmp/x",
        "-h",
        "HEAD",
        "main",
        "",
        "a" * 39,
        "a" * 41,
        "A" * 40,
        "a" * 40 + "\n",
        "a" * 39 + "\u0430",
        "refs/heads/main",
        "a" * 40 + ":refs/heads/x",
    ],
)
@pytest.mark.usefixtures("hosted")
async def test_a_commit_that_is_no_id_never_reaches_git(
    source: RemoteSource, limits: Limits, scratch: Path, commit: str
) -> None:
    with watch_processes(scratch) as watch, pytest.raises(InvalidRepository):
        async with open_repository(source, commit=commit, token=None, limits=limits, scratch=scratch):
            pass

    assert watch.commands == set()
    assert not scratch.exists()


@pytest.mark.parametrize("host", ["evil.example", "github.com.evil.example", "api.github.com"])
def test_a_host_that_is_not_on_the_list_is_refused(host: str) -> None:
    with pytest.raises(InvalidRepository):
        remote_source(RepositoryAddress(host, "psf", "requests"))


async def test_every_url_stands_behind_two_dashes_or_in_a_setting(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})

    with watch_processes(scratch) as watch:
        async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
            async for _ in repository.read(await repository.entries()):
                pass

    fetches = [command.split(b"\0") for command in watch.commands if b"fetch" in command.split(b"\0")]
    assert fetches
    for words in fetches:
        assert words[words.index(b"--") + 1] == b"origin"
        assert b"http.followRedirects=false" in words
        assert b"protocol.version=2" in words


async def test_reading_knows_no_remote_and_no_protocol(tmp_path: Path, limits: Limits, source: RemoteSource) -> None:
    place = Workplace(source=source, directory=tmp_path, token=None, limits=limits)

    command = place.reading("cat-file", "--batch")

    assert not [word for word in command.arguments if "remote." in word]
    assert command.environment["GIT_ALLOW_PROTOCOL"] == "none"
    assert command.environment["GIT_NO_LAZY_FETCH"] == "1"


def test_limits_are_set_before_the_program_begins() -> None:
    here = str(os.getpid())
    report = "import resource as r; print(*(r.getrlimit(k)[0] for k in (r.RLIMIT_CORE, r.RLIMIT_FSIZE, r.RLIMIT_AS)))"

    said = subprocess.run(
        [sys.executable, "-I", "-S", limited.__file__, here, "123456", str(1 << 30), sys.executable, "-c", report],
        capture_output=True,
        check=True,
    ).stdout

    assert said.split() == [b"0", b"123456", str(1 << 30).encode()]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 123456


async def test_a_local_source_may_only_be_the_path_that_was_asked_for(
    tmp_path: Path, limits: Limits, scratch: Path
) -> None:
    repository = BareRepository(tmp_path / "here.git")
    commit = repository.commit_files({"a.py": b"first"})

    with watch_processes(scratch) as watch:
        source = await local_source(repository.path, allowed=True)
        async with open_repository(source, commit=commit, token=None, limits=limits, scratch=scratch) as opened:
            async for _ in opened.read(await opened.entries()):
                pass

    protocols = {
        variable
        for environment in watch.environments
        for variable in environment.split(b"\0")
        if variable.startswith(b"GIT_ALLOW_PROTOCOL=")
    }
    assert protocols <= {b"GIT_ALLOW_PROTOCOL=file", b"GIT_ALLOW_PROTOCOL=none"}


async def test_a_repository_around_the_scratch_directory_has_no_say(
    hosted: BareRepository, source: RemoteSource, limits: Limits, tmp_path: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    enclosing = BareRepository(tmp_path / "enclosing" / ".git", settings='[url "file:///"]\n\tinsteadOf = https://\n')
    scratch = enclosing.path.parent / "scratch"

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        entries = await repository.entries()

    assert [entry.path for entry in entries] == ["a.py"]

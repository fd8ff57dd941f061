"""A token reaches the host it is for, and nothing else."""

import base64
import os
from pathlib import Path

import anyio
import pytest
import structlog.testing

from fleet.analysis.git.askpass import open_channel
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.source import RemoteSource
from fleet.analysis.limits import Limits
from fleet.config import Secret
from fleet.errors import AnalysisError, RepositoryRefused
from fleet.testing.until import until
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import BareRepository
from tests.security.processes import processes_of, watch_processes

TOKEN = Secret("ghp_secret+of/nobody=")
FORMS = [
    b"ghp_secret+of/nobody=",
    b"ghp_secret%2Bof%2Fnobody%3D",
    base64.b64encode(b"x-access-token:ghp_secret+of/nobody="),
]


@pytest.fixture
def private(hosted: BareRepository, host: FakeHost) -> BareRepository:
    hosted.commit_files({"a.py": b"first", "b.py": b"second"})
    host.password = TOKEN.reveal()
    return hosted


@pytest.mark.usefixtures("private")
async def test_a_private_repository_is_read_with_its_token(source: RemoteSource, limits: Limits, scratch: Path) -> None:
    async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch) as repository:
        found = [content async for _, content in repository.read(await repository.entries())]

    assert found == [b"first", b"second"]


async def test_a_public_repository_is_read_without_showing_the_token(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})

    async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch):
        pass

    assert {request.authorization for request in host.requests} == {None}


@pytest.mark.usefixtures("private")
async def test_no_command_line_and_no_environment_ever_holds_the_token(
    source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    async def transfer_has_begun() -> bool:
        return host.waiting.is_set() and any(b"remote-https" in command for command in processes_of(scratch))

    async def read() -> None:
        async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch) as repository:
            async for _ in repository.read(await repository.entries()):
                pass

    with watch_processes(scratch) as watch:
        host.gate.clear()
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await until(transfer_has_begun)
            host.gate.set()

    seen = b"\n".join(watch.commands | watch.environments)
    assert b"remote-https" in seen
    assert not [form for form in FORMS if form in seen]


@pytest.mark.usefixtures("private")
async def test_no_file_in_scratch_ever_holds_the_token(source: RemoteSource, limits: Limits, scratch: Path) -> None:
    async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch) as repository:
        async for _ in repository.read(await repository.entries()):
            pass
        written = b"".join(file.read_bytes() for file in scratch.rglob("*") if file.is_file())

    assert b"github.com" not in written
    assert not [form for form in FORMS if form in written]


@pytest.mark.usefixtures("private")
async def test_a_child_gets_nothing_of_the_workers_environment(
    source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    allowed = {
        "PATH", "HOME", "TMPDIR", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL",
        "FLEET_ASKPASS_FD", "FLEET_ASKPASS_HOST",
    }  # fmt: skip

    with watch_processes(scratch) as watch:
        async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch) as repository:
            await repository.entries()

    names = {
        variable.partition(b"=")[0].decode()
        for environment in watch.environments
        for variable in environment.split(b"\0")
        if variable and f"HOME={scratch}".encode() in environment
    }
    assert "LC_ALL" in names
    assert {name for name in names if not name.startswith("GIT_")} <= allowed


@pytest.mark.usefixtures("private")
async def test_a_host_that_sends_git_elsewhere_does_not_take_the_token_along(
    source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    host.location = "https://evil.example"

    with pytest.raises(RepositoryRefused):
        async with open_repository(source, commit=None, token=TOKEN, limits=limits, scratch=scratch):
            pass

    assert [request.host for request in host.requests] == ["github.com"]
    assert {request.authorization for request in host.requests} == {None}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Username for 'https://github.com': ", b"x-access-token\n"),
        ("Password for 'https://x-access-token@github.com': ", b"ghp_secret+of/nobody=\n"),
        ("Password for 'https://x-access-token@evil.example': ", b""),
        ("Password for 'https://x-access-token@github.com.evil.example': ", b""),
        ("Password for 'https://github.com': ", b""),
        ("Password for 'http://x-access-token@github.com': ", b""),
        ("Username for 'https://evil.example': ", b""),
        ("", b""),
    ],
)
async def test_the_helper_answers_about_its_own_host_only(tmp_path: Path, question: str, answer: bytes) -> None:
    async with open_channel(TOKEN, host="github.com", directory=tmp_path) as channel:
        helper = channel.environment["GIT_ASKPASS"]
        ended = await anyio.run_process(
            [helper, question], env=channel.environment, pass_fds=channel.descriptors, check=False
        )

    assert ended.stdout == answer
    assert (ended.returncode == 0) == bool(answer)


async def test_the_helper_gives_the_token_once(tmp_path: Path) -> None:
    question = "Password for 'https://x-access-token@github.com': "

    async with open_channel(TOKEN, host="github.com", directory=tmp_path) as channel:
        answers = [
            await anyio.run_process(
                [channel.environment["GIT_ASKPASS"], question],
                env=channel.environment,
                pass_fds=channel.descriptors,
                check=False,
            )
            for _ in range(2)
        ]

    assert [answer.stdout for answer in answers] == [b"ghp_secret+of/nobody=\n", b""]


async def test_the_channel_is_closed_with_its_command(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    async with open_channel(TOKEN, host="github.com", directory=tmp_path) as channel:
        assert not os.get_inheritable(channel.descriptors[0])

    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    "failing", [{"status": 401}, {"status": 403}, {"status": 404}, {"status": 500}, {"cut_after": 50}]
)
@pytest.mark.usefixtures("private")
async def test_no_error_and_no_log_line_holds_the_token(
    source: RemoteSource, host: FakeHost, scratch: Path, failing: dict[str, int]
) -> None:
    for field, value in failing.items():
        setattr(host, field, value)

    with structlog.testing.capture_logs() as logs, pytest.raises(AnalysisError) as caught:
        async with open_repository(source, commit=None, token=TOKEN, limits=Limits(), scratch=scratch):
            pass

    said = f"{caught.value} {caught.value!r} {caught.value.facts} {caught.value.__cause__!r} {logs}".encode()
    assert not [form for form in FORMS if form in said]


async def test_a_directory_where_nothing_may_be_executed_is_reported(tmp_path: Path) -> None:
    # Only root may mount; elsewhere the check of the permission is all there is to see.
    if os.geteuid() != 0:
        pytest.skip("needs the right to mount")
    mounted = await anyio.run_process(["mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount")

    try:
        with pytest.raises(AnalysisError, match="noexec"):
            async with open_channel(TOKEN, host="github.com", directory=tmp_path):
                pass
    finally:
        await anyio.run_process(["umount", str(tmp_path)])

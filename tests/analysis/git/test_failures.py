"""What each way of failing means: whether another attempt makes sense is what the queue needs to know."""

import os
import random
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import msgspec
import pytest

from fleet.analysis.git.failure import judge, redact
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.source import Network, RemoteSource
from fleet.analysis.limits import Limits
from fleet.config import Secret
from fleet.errors import (
    AnalysisError,
    CommitNotFound,
    LimitExceeded,
    RepositoryRefused,
    RepositoryUnavailable,
)
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import FILE, FOLDER, BareRepository

TOKEN = Secret("ghp_a+token/of=nobody")


async def fail(source: RemoteSource, scratch: Path, *, limits: Limits, token: Secret | None = None) -> AnalysisError:
    async def read() -> None:
        async with open_repository(source, commit=None, token=token, limits=limits, scratch=scratch) as repository:
            async for _ in repository.read(await repository.entries()):
                pass

    with pytest.raises(AnalysisError) as caught:
        await read()
    assert list(scratch.iterdir()) == []
    return caught.value


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("token", [None, TOKEN], ids=["public", "private"])
async def test_a_status_about_the_repository_refuses_it(
    host: FakeHost, source: RemoteSource, scratch: Path, status: int, token: Secret | None
) -> None:
    host.status = status

    assert type(await fail(source, scratch, limits=Limits(), token=token)) is RepositoryRefused


@pytest.mark.parametrize("status", [429, 500])
async def test_a_status_about_the_host_asks_for_patience(
    host: FakeHost, source: RemoteSource, scratch: Path, status: int
) -> None:
    host.status = status

    failure = await fail(source, scratch, limits=Limits())

    assert type(failure) is RepositoryUnavailable
    assert failure.facts == {"status": status}


async def test_a_repository_that_is_not_there_is_refused(source: RemoteSource, limits: Limits, scratch: Path) -> None:
    absent = msgspec.structs.replace(source, address=msgspec.structs.replace(source.address, repo="absent"))

    assert type(await fail(absent, scratch, limits=limits)) is RepositoryRefused


async def test_a_private_repository_is_refused_without_a_token_and_with_a_wrong_one(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.password = "another token"

    assert type(await fail(source, scratch, limits=limits)) is RepositoryRefused
    assert type(await fail(source, scratch, limits=limits, token=TOKEN)) is RepositoryRefused


async def test_a_host_that_moved_the_repository_is_not_followed(
    source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    host.location = "https://github.com/elsewhere"

    failure = await fail(source, scratch, limits=limits)

    assert type(failure) is RepositoryRefused
    assert "another address" in str(failure)
    assert len(host.requests) == 1


async def test_an_answer_that_breaks_off_may_be_tried_again(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.cut_after = 60

    assert type(await fail(source, scratch, limits=limits)) is RepositoryUnavailable


async def test_a_host_that_cannot_be_reached_may_be_tried_again(
    source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    nobody = msgspec.structs.replace(source, network=Network(proxy="http://127.0.0.1:1"))

    assert type(await fail(nobody, scratch, limits=limits)) is RepositoryUnavailable


async def test_a_host_with_a_certificate_nobody_vouches_for_may_be_tried_again(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    system = msgspec.structs.replace(source, network=Network(proxy=source.network.proxy))

    assert type(await fail(system, scratch, limits=limits)) is RepositoryUnavailable


async def test_a_host_that_stalls_is_unavailable(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.gate.clear()

    failure = await fail(
        source, scratch, limits=msgspec.structs.replace(limits, stall=timedelta(seconds=1), wall=timedelta(seconds=20))
    )

    assert type(failure) is RepositoryUnavailable


async def test_a_command_that_lasts_too_long_passes_a_limit(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    host.gate.clear()

    with anyio.fail_after(10):
        failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, wall=timedelta(milliseconds=500)))

    assert type(failure) is LimitExceeded
    assert "too long" in str(failure)


async def test_a_repository_of_more_bytes_than_allowed_is_not_fetched(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    # Noise, which does not compress; each file fits, the pack of all does not.
    hosted.commit_files({f"{number}.bin": random.Random(number).randbytes(50_000) for number in range(8)})

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, fetched=200_000))

    assert type(failure) is LimitExceeded, str(failure)
    assert "fetch" in str(failure)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    # Lazily: a search of this machine's folders may be looking into it.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_may_be_tried_again_and_is_left_empty(
    hosted: BareRepository, source: RemoteSource, limits: Limits, small_disk: Path
) -> None:
    hosted.commit_files({"test_a.py": random.Random(1).randbytes(2_000_000)})  # no secret

    failure = await fail(source, small_disk / "scratch", limits=limits)

    assert type(failure) is RepositoryUnavailable
    assert "disk" in str(failure)


async def test_a_repository_of_more_files_than_allowed_is_not_listed(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({f"{number}.py": b"x" for number in range(11)})

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, files=10))

    assert type(failure) is LimitExceeded
    assert "files" in str(failure)


async def test_a_file_of_more_bytes_than_allowed_is_named_and_not_read(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"0123456789"})

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, file_bytes=9))

    assert type(failure) is LimitExceeded
    assert failure.facts["path"] == "a.py"


async def test_a_tree_that_repeats_itself_without_end_passes_a_limit(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    # Eight folders of ten, down to a folder with nothing: a hundred million names in a kilobyte.
    tree = hosted.tree()
    for _ in range(8):
        tree = hosted.tree(*((FOLDER, f"{number}".encode(), tree) for number in range(10)))
    hosted.commit(tree)

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, wall=timedelta(seconds=1)))

    assert type(failure) is LimitExceeded


async def test_a_tree_that_names_files_without_end_passes_a_limit(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    tree = hosted.tree((FILE, b"test.py", hosted.blob(b"")))
    for _ in range(8):
        tree = hosted.tree(*((FOLDER, f"{number}".encode(), tree) for number in range(10)))
    hosted.commit(tree)

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, files=1_000))

    assert type(failure) is LimitExceeded


async def test_a_git_that_needs_too_much_memory_passes_a_limit(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit(hosted.tree(*((FILE, b"%07d" % number + b"x" * 4_000, "0" * 39 + "1") for number in range(25_000))))

    failure = await fail(source, scratch, limits=msgspec.structs.replace(limits, memory=96 << 20))

    assert type(failure) is LimitExceeded
    assert "memory" in str(failure)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"remote: fatal: repository 'x' not found\nfatal: early EOF\n", RepositoryUnavailable),
        (b"fatal: remote error: upload-pack: not our ref 1234\n", CommitNotFound),
        (b"", RepositoryUnavailable),
        (b"\xff\xfe not text", RepositoryUnavailable),
    ],
)
def test_only_the_words_of_git_itself_are_judged(said: bytes, expected: type[AnalysisError]) -> None:
    assert type(judge(128, said, limits=Limits(), token=None)) is expected


@pytest.mark.parametrize(
    "form",
    [
        "ghp_a+token/of=nobody",
        "ghp_a%2Btoken%2Fof%3Dnobody",
        "eC1hY2Nlc3MtdG9rZW46Z2hwX2ErdG9rZW4vb2Y9bm9ib2R5",
    ],
)
def test_no_form_of_a_token_stays_in_a_reason(form: str) -> None:
    reason = redact(f"fatal: https://{form}@github.com/\nsecond \x1b[31m line", TOKEN)

    assert form not in reason
    assert "***" in reason
    assert reason.isprintable()


def test_a_reason_is_bounded() -> None:
    assert len(redact("x" * 10_000, None)) == 300

"""Fetching, listing and reading one commit."""

import random
from pathlib import Path

import anyio
import pytest

from fleet.analysis.git.repository import find_head, open_repository
from fleet.analysis.git.source import LocalSource, RemoteSource, local_source
from fleet.analysis.limits import Limits
from fleet.errors import CommitNotFound, InvalidRepository
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import FILE, FOLDER, PROGRAM, BareRepository
from tests.security.processes import processes_of


async def local(repository: BareRepository) -> LocalSource:
    return await local_source(repository.path, allowed=True)


async def test_the_files_of_head_are_listed_and_read_in_the_order_asked_for(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    commit = hosted.commit_files({"a.py": b"first", "b.py": b"", "c.py": b"third\n"})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        entries = await repository.entries()
        found = [(entry.path, content) async for entry, content in repository.read(entries[::-1])]

    assert repository.commit == commit
    assert [entry.path for entry in entries] == ["a.py", "b.py", "c.py"]
    assert found == [("c.py", b"third\n"), ("b.py", b""), ("a.py", b"first")]


async def test_nothing_stays_in_scratch(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch):
        during = list(scratch.iterdir())

    assert len(during) == 1
    assert list(scratch.iterdir()) == []


async def test_files_nobody_reads_are_not_transferred(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"small.py": b"read", "large.bin": random.Random(1).randbytes(3_000_000)})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        small = [entry for entry in await repository.entries() if entry.path == "small.py"]
        found = [content async for _, content in repository.read(small)]
        transferred = sum(file.stat().st_size for file in scratch.rglob("*.pack"))

    assert found == [b"read"]
    assert transferred < 10_000


async def test_all_wanted_files_come_in_one_request(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({f"{number:03}.py": str(number).encode() for number in range(300)})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        entries = await repository.entries()
        before = host.posts
        found = [content async for _, content in repository.read(entries)]

    assert found == [str(number).encode() for number in range(300)]
    assert host.posts == before + 1


async def test_exactly_the_commit_asked_for_is_fetched(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    older = hosted.commit_files({"a.py": b"older"}, branch=None)
    hosted.commit_files({"a.py": b"newer"})

    async with open_repository(source, commit=older, token=None, limits=limits, scratch=scratch) as repository:
        found = [content async for _, content in repository.read(await repository.entries())]

    assert repository.commit == older
    assert found == [b"older"]


async def test_a_file_at_two_paths_is_read_twice(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    blob = hosted.blob(b"same")
    folder = hosted.tree((PROGRAM, b"copy.py", blob))
    hosted.commit(hosted.tree((FILE, b"a.py", blob), (FOLDER, b"sub", folder)))

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        found = [(entry.path, content) async for entry, content in repository.read(await repository.entries())]

    assert found == [("a.py", b"same"), ("sub/copy.py", b"same")]


async def test_measuring_gives_sizes_and_reading_after_it_fetches_nothing_more(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"12345", "b.py": b""})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        measured = await repository.measure(await repository.entries())
        before = host.posts
        found = [content async for _, content in repository.read(measured)]

    assert [entry.size for entry in measured] == [5, 0]
    assert found == [b"12345", b""]
    assert host.posts == before


async def test_a_host_that_cannot_leave_files_out_is_read_all_the_same(
    host: FakeHost, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    plain = BareRepository(host.root / "psf" / "requests.git")
    plain.commit_files({"a.py": b"first"})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        before = host.posts
        found = [content async for _, content in repository.read(await repository.entries())]

    assert found == [b"first"]
    assert host.posts == before


async def test_a_host_of_the_first_protocol_hands_out_what_a_branch_points_at(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    commit = hosted.commit_files({"a.py": b"first"})
    host.only_old_protocol = True

    async with open_repository(source, commit=commit, token=None, limits=limits, scratch=scratch) as repository:
        found = [content async for _, content in repository.read(await repository.entries())]

    assert found == [b"first"]


async def test_a_host_of_the_first_protocol_that_keeps_other_commits_back_has_no_such_commit(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, limits: Limits, scratch: Path
) -> None:
    older = hosted.commit_files({"a.py": b"older"}, branch=None)
    hosted.commit_files({"a.py": b"newer"})
    host.only_old_protocol = True

    with pytest.raises(CommitNotFound):
        async with open_repository(source, commit=older, token=None, limits=limits, scratch=scratch):
            pass


async def test_a_local_repository_is_read_with_or_without_a_work_tree(
    tmp_path: Path, limits: Limits, scratch: Path
) -> None:
    inside = BareRepository(tmp_path / 'a "work" tree=1' / ".git")
    commit = inside.commit_files({"a.py": b"first"})

    for path in (inside.path, inside.path.parent):
        source = await local_source(path, allowed=True)
        async with open_repository(source, commit=commit, token=None, limits=limits, scratch=scratch) as repository:
            found = [content async for _, content in repository.read(await repository.entries())]
        assert found == [b"first"]


async def test_a_repository_of_64_digit_ids_is_read(tmp_path: Path, limits: Limits, scratch: Path) -> None:
    modern = BareRepository(tmp_path / "modern.git", sha256=True)
    commit = modern.commit_files({"a.py": b"first"})

    async with open_repository(
        await local(modern), commit=None, token=None, limits=limits, scratch=scratch
    ) as repository:
        found = [content async for _, content in repository.read(await repository.entries())]

    assert repository.commit == commit
    assert len(commit) == 64
    assert found == [b"first"]


async def test_the_head_of_a_host_is_found_without_fetching(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    commit = hosted.commit_files({"a.py": b"first"})

    assert await find_head(source, token=None, limits=limits, scratch=scratch) == commit
    assert list(scratch.iterdir()) == []


@pytest.mark.usefixtures("hosted")
async def test_an_empty_repository_has_no_head(source: RemoteSource, limits: Limits, scratch: Path) -> None:
    with pytest.raises(CommitNotFound, match="HEAD"):
        async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch):
            pass


async def test_another_ref_called_head_is_not_taken_for_the_head(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"}, branch="HEAD")

    with pytest.raises(CommitNotFound, match="HEAD"):
        async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch):
            pass


@pytest.mark.parametrize("remote", [True, False], ids=["host", "directory"])
async def test_a_commit_that_does_not_exist_is_not_found(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path, remote: bool
) -> None:
    hosted.commit_files({"a.py": b"first"})
    asked = source if remote else await local(hosted)

    with pytest.raises(CommitNotFound):
        async with open_repository(asked, commit="0" * 39 + "1", token=None, limits=limits, scratch=scratch):
            pass
    assert list(scratch.iterdir()) == []


async def test_an_object_that_is_no_commit_is_not_found(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})
    tree = hosted.tree((FILE, b"b.py", hosted.blob(b"second")))

    with pytest.raises(CommitNotFound, match="not a commit"):
        async with open_repository(source, commit=tree, token=None, limits=limits, scratch=scratch):
            pass


async def test_an_id_of_the_wrong_length_is_not_found(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({"a.py": b"first"})

    with pytest.raises(CommitNotFound):
        async with open_repository(source, commit="0" * 64, token=None, limits=limits, scratch=scratch):
            pass


async def test_a_reading_abandoned_half_way_leaves_nothing_behind(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    hosted.commit_files({f"{number}.bin": bytes([number]) * 900_000 for number in range(8)})

    async with open_repository(source, commit=None, token=None, limits=limits, scratch=scratch) as repository:
        files = repository.read(await repository.entries())
        await anext(files)

    assert processes_of(scratch) == []
    assert list(scratch.iterdir()) == []
    await files.aclose()


async def test_two_repositories_are_open_side_by_side(
    hosted: BareRepository, source: RemoteSource, limits: Limits, scratch: Path
) -> None:
    commit = hosted.commit_files({"a.py": b"first"})
    found: list[bytes] = []

    async def read() -> None:
        async with open_repository(source, commit=commit, token=None, limits=limits, scratch=scratch) as repository:
            async for _, content in repository.read(await repository.entries()):
                found.append(content)

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        group.start_soon(read)

    assert found == [b"first", b"first"]
    assert list(scratch.iterdir()) == []


async def test_a_local_path_needs_the_permission_and_a_repository(hosted: BareRepository, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    worktree.mkdir()
    (worktree / ".git").write_text(f"gitdir: {hosted.path}\n")

    for path, allowed in [(hosted.path, False), (tmp_path, True), (tmp_path / "absent", True), (worktree, True)]:
        with pytest.raises(InvalidRepository):
            await local_source(path, allowed=allowed)

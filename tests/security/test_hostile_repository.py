"""Repositories made to hurt whoever reads them."""

import os
from pathlib import Path

import pytest

from fleet.analysis.git.read import Entry
from fleet.analysis.git.repository import open_repository
from fleet.analysis.git.source import RemoteSource, Source, local_source
from fleet.analysis.limits import Limits
from fleet.errors import FleetError, RepositoryUnavailable
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import FILE, FOLDER, LINK, PROGRAM, SUBMODULE, BareRepository
from tests.security.processes import watch_processes


async def read_all(source: Source, scratch: Path) -> dict[str, bytes]:
    async with open_repository(source, commit=None, token=None, limits=Limits(), scratch=scratch) as repository:
        return {entry.path: content async for entry, content in repository.read(await repository.entries())}


async def list_all(source: Source, scratch: Path) -> list[Entry]:
    async with open_repository(source, commit=None, token=None, limits=Limits(), scratch=scratch) as repository:
        return await repository.entries()


async def test_a_link_is_not_a_file(hosted: BareRepository, source: RemoteSource, scratch: Path) -> None:
    targets = [b"/etc/passwd", b"../../../../etc/passwd", b"/proc/self/environ", b"."]
    links = [(LINK, b"test_%d.py" % number, hosted.blob(target)) for number, target in enumerate(targets)]
    hosted.commit(hosted.tree((FILE, b"a.py", hosted.blob(b"first")), *links))

    assert await read_all(source, scratch) == {"a.py": b"first"}


async def test_a_submodule_is_neither_fetched_nor_listed(
    hosted: BareRepository, source: RemoteSource, host: FakeHost, scratch: Path
) -> None:
    modules = hosted.blob(b'[submodule "x"]\n\tpath = x\n\turl = -u./payload\n[submodule "y"]\n\turl = ext::sh -c x\n')
    hosted.commit(hosted.tree((FILE, b".gitmodules", modules), (SUBMODULE, b"x", "1" * 40)))

    found = await list_all(source, scratch)

    assert [entry.path for entry in found] == [".gitmodules"]
    assert {request.path.split("/")[1:3][1] for request in host.requests} == {"requests.git"}


async def test_names_that_leave_the_repository_are_left_out(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    blob = hosted.blob(b"x")
    inner = hosted.tree((FILE, b"passwd", blob))
    hosted.commit(
        hosted.tree(
            (FILE, b"../escape.py", blob),
            (FOLDER, b"..", inner),
            (FOLDER, b".", inner),
            (FILE, b"/absolute.py", blob),
            (FILE, b"a//b.py", blob),
            (FILE, b"good.py", blob),
        )
    )

    assert [entry.path for entry in await list_all(source, scratch)] == ["good.py"]


async def test_odd_names_arrive_as_text_that_can_be_stored(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    names = [
        b"-rf",
        b"--upload-pack=x",
        b'"quoted".py',
        b"$(touch x).py",
        b"a\tb.py",
        b"line\nbreak.py",
        b"\xff\xfe.py",
    ]
    names += ["\u202eyp.a".encode(), b" ", b"\x1b[31m.py"]
    files = sorted((name, hosted.blob(b"content of " + name)) for name in names)
    hosted.commit(hosted.tree(*((FILE, name, blob) for name, blob in files)))

    found = await read_all(source, scratch)

    assert found == {name.decode("utf-8", errors="backslashreplace"): b"content of " + name for name in names}
    for path in found:
        path.encode("utf-8")


async def test_a_path_longer_than_any_file_system_takes_is_left_out(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    blob = hosted.blob(b"x")
    hosted.commit(hosted.tree((FILE, b"a" * 4_097, blob), (FILE, b"b.py", blob)))

    assert [entry.path for entry in await list_all(source, scratch)] == ["b.py"]


async def test_a_name_that_stands_twice_is_listed_once(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    hosted.commit(hosted.tree((FILE, b"a.py", hosted.blob(b"first")), (FILE, b"a.py", hosted.blob(b"second"))))

    assert await read_all(source, scratch) == {"a.py": b"first"}


async def test_names_that_differ_only_in_case_are_both_read(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    hosted.commit_files({"Test.py": b"upper", "test.py": b"lower", ".GIT": b"not git's"})

    assert await read_all(source, scratch) == {"Test.py": b"upper", "test.py": b"lower", ".GIT": b"not git's"}


async def test_attributes_and_hooks_in_the_tree_start_nothing(
    hosted: BareRepository, source: RemoteSource, tmp_path: Path, scratch: Path
) -> None:
    marker = tmp_path / "marker"
    payload = hosted.blob(f"#!/bin/sh\ntouch {marker}\n".encode())
    hooks = hosted.tree((PROGRAM, b"post-checkout", payload), (PROGRAM, b"reference-transaction", payload))
    config = hosted.blob(f"[core]\n\tfsmonitor = touch {marker}\n".encode())
    embedded = hosted.tree((FILE, b"HEAD", hosted.blob(b"ref: refs/heads/x\n")), (FILE, b"config", config))
    hosted.commit(
        hosted.tree(
            (FILE, b".gitattributes", hosted.blob(b"* filter=evil diff=evil text eol=crlf ident\n")),
            (FILE, b".lfsconfig", hosted.blob(b"[lfs]\n\turl = https://evil.example/\n")),
            (FILE, b"a.py", hosted.blob(b"$Id$\n")),
            (FOLDER, b"bare.git", embedded),
            (FOLDER, b"hooks", hooks),
        )
    )

    with watch_processes(scratch) as watch:
        found = await read_all(source, scratch)

    assert found["a.py"] == b"$Id$\n"
    assert not marker.exists()
    programs = {command.split(b"\0")[0].rsplit(b"/")[-1] for command in watch.commands if command}
    assert {name for name in programs if not name.startswith((b"git", b"python"))} == set()


async def test_a_local_repository_runs_nothing_of_its_own(tmp_path: Path, scratch: Path) -> None:
    marker = tmp_path / "marker"
    payload = tmp_path / "payload"
    payload.write_text(f'#!/bin/sh\ntouch {marker}\nexec "$@"\n')
    payload.chmod(0o755)
    hostile = BareRepository(
        tmp_path / "hostile.git",
        settings=f"""
[uploadpack]
	allowFilter = true
	packObjectsHook = {payload}
[core]
	fsmonitor = {payload}
	hooksPath = {tmp_path}/hooks
	sshCommand = {payload}
	alternateRefsCommand = {payload}
	pager = {payload}
[alias]
	upload-pack = !{payload}
	pack-objects = !{payload}
[include]
	path = {tmp_path}/more
""",
    )
    for name in ("post-upload-pack", "reference-transaction", "pre-receive", "post-index-change"):
        for folder in (tmp_path / "hooks", hostile.path / "hooks"):
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(payload.read_text())
            (folder / name).chmod(0o755)
    hostile.commit_files({"a.py": b"first"})

    found = await read_all(await local_source(hostile.path, allowed=True), scratch)

    assert found == {"a.py": b"first"}
    assert not marker.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("inside", ["", ".git"], ids=["bare", "work tree"])
async def test_a_local_repository_of_another_user_is_trusted_when_asked_for(
    tmp_path: Path, scratch: Path, inside: str
) -> None:
    path = tmp_path / 'a "foreign" \\ one'
    foreign = BareRepository(path / inside)
    foreign.commit_files({"a.py": b"first"})
    for owned in (path, foreign.path):
        os.chown(owned, 12_345, 12_345)

    found = await read_all(await local_source(path, allowed=True), scratch)

    assert found == {"a.py": b"first"}


async def test_a_local_repository_with_a_hole_cannot_make_git_fetch_to_fill_it(tmp_path: Path, scratch: Path) -> None:
    marker = tmp_path / "marker"
    hollow = BareRepository(
        tmp_path / "hollow.git",
        settings=f"""
[remote "origin"]
	url = ext::sh -c touch% {marker}
	promisor = true
[uploadpack]
	allowFilter = true
""",
    )
    hollow.commit(hollow.tree((FILE, b"a.py", "1" * 40)))
    source = await local_source(hollow.path, allowed=True)

    with pytest.raises(FleetError):
        await read_all(source, scratch)

    assert not marker.exists()


async def test_a_tree_that_calls_a_folder_a_file_is_not_read_as_one(
    hosted: BareRepository, source: RemoteSource, scratch: Path
) -> None:
    tree = hosted.tree((FILE, b"a.py", hosted.blob(b"first")))
    hosted.commit(hosted.tree((FILE, b"b.py", tree)))

    with pytest.raises(RepositoryUnavailable):
        await read_all(source, scratch)

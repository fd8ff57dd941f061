"""Hostile repositories: objects that are missing, broken, enormous or not what they are called, and settings."""

import zlib

from tests.analysis.git.plumbing import FILE, FOLDER, PROGRAM, BareRepository
from tests.security.corpus_case import GOOD, Case, Outside, commit, object_file
from tests.security.test_large_repositories import chained

_NOWHERE = "1" * 40
_BOMB = 20_000_000
_VERSIONS = 300
_REFS = 20_000


def _missing_file(repository: BareRepository, _: Outside) -> None:
    commit(repository, (FILE, b"test_hole.py", _NOWHERE))


def _missing_folder(repository: BareRepository, _: Outside) -> None:
    commit(repository, (FOLDER, b"tests", _NOWHERE))


def _file_for_a_folder(repository: BareRepository, _: Outside) -> None:
    commit(repository, (FOLDER, b"tests", repository.blob(b"import pytest\ndef test_a(): ...\n")))


def _folder_for_a_file(repository: BareRepository, _: Outside) -> None:
    commit(repository, (FILE, b"test_tree.py", repository.tree((FILE, b"a.py", repository.blob(b"x")))))


def _other_content(repository: BareRepository, _: Outside) -> None:
    blob = repository.blob(b"import pytest\ndef test_a(): ...\n")
    object_file(repository, blob).write_bytes(zlib.compress(b"blob 5\0other"))
    commit(repository, (FILE, b"test_a.py", blob))


def _half_a_file(repository: BareRepository, _: Outside) -> None:
    blob = repository.blob(b"import pytest\ndef test_a(): ...\n" * 1_000)
    stored = object_file(repository, blob)
    stored.write_bytes(stored.read_bytes()[:20])
    commit(repository, (FILE, b"test_a.py", blob))


def _odd_modes(repository: BareRepository, _: Outside) -> None:
    blob = repository.blob(b"import pytest\ndef test_a(): ...\n")
    modes = ("0", "777", "100644000000000000000000", "20000", "100600")
    commit(repository, *((mode, b"test_%d.py" % number, blob) for number, mode in enumerate(modes)))


def _tree_for_a_commit(repository: BareRepository, _: Outside) -> None:
    tree = repository.tree((FILE, GOOD[0], repository.blob(GOOD[1])))
    (repository.path / "refs/heads/main").write_text(f"{tree}\n")


def _no_commit(_repository: BareRepository, _: Outside) -> None: ...


def _head_that_leads_out(repository: BareRepository, outside: Outside) -> None:
    commit(repository)
    (repository.path / "HEAD").write_text(f"ref: refs/heads/../../..{outside.canary}\n")


def _head_that_is_a_link(repository: BareRepository, outside: Outside) -> None:
    commit(repository)
    (repository.path / "HEAD").unlink()
    (repository.path / "HEAD").symlink_to(outside.marks / "absent")


def _bomb(repository: BareRepository, _: Outside) -> None:
    commit(repository, (FILE, b"test_bomb.py", repository.blob(bytes(_BOMB))))


def _chain(repository: BareRepository, _: Outside) -> None:
    chained(repository, _VERSIONS)


def _refs(repository: BareRepository, _: Outside) -> None:
    found = commit(repository)
    lines = "".join(f"{found} refs/heads/b{number:06}\n" for number in range(_REFS))
    (repository.path / "packed-refs").write_text(f"# pack-refs with: sorted \n{lines}")


def _newer_hash(repository: BareRepository, _: Outside) -> None:
    commit(repository)


def _hooks(repository: BareRepository, outside: Outside) -> None:
    for name in ("post-upload-pack", "reference-transaction", "pre-receive", "post-index-change"):
        hook = repository.path / "hooks" / name
        hook.write_text(f"#!/bin/sh\n{outside.mark(name)}\n")
        hook.chmod(0o755)
    commit(repository, (PROGRAM, b"test_run.py", repository.blob(b"#!/bin/sh\n")))


def _payloads(outside: Outside) -> str:
    command = outside.mark("setting")
    return f"""[uploadpack]
	packObjectsHook = {command};
[core]
	fsmonitor = {command}
	hooksPath = {outside.marks}
	sshCommand = {command}
	alternateRefsCommand = {command}
	pager = {command}
[alias]
	upload-pack = !{command}
	pack-objects = !{command}
"""


def _promisor(outside: Outside) -> str:
    command = outside.mark("promisor").replace(" ", "% ")
    return f'[remote "origin"]\n\turl = ext::sh -c {command}\n\tpromisor = true\n'


OBJECTS = {
    "a file that is not there": Case(_missing_file, "RepositoryUnavailable"),
    "a folder that is not there": Case(_missing_folder, "RepositoryUnavailable"),
    "a file that is called a folder": Case(_file_for_a_folder, "RepositoryUnavailable"),
    "a folder that is called a file": Case(_folder_for_a_file, "RepositoryUnavailable"),
    "a file with the content of another": Case(_other_content, "RepositoryUnavailable"),
    "half a file": Case(_half_a_file, "RepositoryUnavailable"),
    "kinds of file that do not exist": Case(_odd_modes),
    "a branch that is no commit": Case(_tree_for_a_commit, "Retry"),
    "no commit at all": Case(_no_commit, "CommitNotFound"),
    "a HEAD that leads out": Case(_head_that_leads_out, "CommitNotFound"),
    "a HEAD that is a link to nothing": Case(_head_that_is_a_link, "InvalidRepository"),
    "a file that unpacks to a thousand times its size": Case(_bomb),
    "files that are changes of each other": Case(_chain),
    "more branches than anybody has": Case(_refs),
    "objects of the newer hash": Case(_newer_hash, sha256=True),
    "hooks": Case(_hooks, settings=_payloads),
    "a hole to be filled by a command": Case(_missing_file, "RepositoryUnavailable", settings=_promisor),
}

"""Hostile repositories: trees that point elsewhere, are named to be misread, or hold what git would obey."""

from functools import partial

from tests.analysis.git.plumbing import FILE, FOLDER, LINK, PROGRAM, SUBMODULE, BareRepository
from tests.security.corpus_case import Build, Case, Entry, Outside, commit

_NOWHERE = "1" * 40


def _link(target: bytes, name: bytes = b"test_link.py") -> Build:
    """Return what commits a link; the canary's folder and file take the place of those words in *target*."""

    def build(repository: BareRepository, outside: Outside) -> None:
        folder = bytes(outside.canary.parent)
        where = target.replace(b"CANARY", bytes(outside.canary)).replace(b"FOLDER", folder)
        commit(repository, (LINK, name, repository.blob(where)))

    return build


def _named(*names: bytes) -> Build:
    return lambda repository, _: _commit_named(repository, *((FILE, name) for name in names))


def _folders(*names: bytes) -> Build:
    return lambda repository, _: _commit_named(repository, *((FOLDER, name) for name in names))


def _commit_named(repository: BareRepository, *named: tuple[str, bytes]) -> None:
    blob = repository.blob(b"import pytest\ndef test_hidden(): ...\n")
    inner = repository.tree((FILE, b"test_inner.py", blob))
    commit(repository, *((mode, name, inner if mode == FOLDER else blob) for mode, name in named))


def _submodule(url: str) -> Build:
    def build(repository: BareRepository, outside: Outside) -> None:
        text = f'[submodule "x"]\n\tpath = x\n\tupdate = !{outside.mark("update")}\n\turl = {url}\n'
        modules = text.replace("MARK", outside.mark("url").replace(" ", "% "))
        commit(repository, (FILE, b".gitmodules", repository.blob(modules.encode())), (SUBMODULE, b"x", _NOWHERE))

    return build


def _deep(repository: BareRepository, _: Outside) -> None:
    tree = repository.tree((FILE, b"test_deep.py", repository.blob(b"import pytest\ndef test_deep(): ...\n")))
    for _level in range(1_500):
        tree = repository.tree((FOLDER, b"d", tree))
    commit(repository, (FOLDER, b"x", tree))


def _multiplied(repository: BareRepository, _: Outside, *, branches: int, levels: int) -> None:
    tree = repository.tree((FILE, b"test_x.py", repository.blob(b"import pytest\ndef test_x(): ...\n")))
    for _level in range(levels):
        tree = repository.tree(*((FOLDER, b"d%d" % branch, tree) for branch in range(branches)))
    commit(repository, (FOLDER, b"x", tree))


def _obeyed(repository: BareRepository, outside: Outside) -> None:
    payload = repository.blob(f"#!/bin/sh\n{outside.mark('hook')}\n".encode())
    config = repository.blob(f"[core]\n\tfsmonitor = {outside.mark('fsmonitor')}\n".encode())
    hooks = repository.tree(*((PROGRAM, name, payload) for name in (b"post-checkout", b"reference-transaction")))
    embedded = repository.tree(
        (FILE, b"HEAD", repository.blob(b"ref: refs/heads/x\n")), (FILE, b"config", config), (FOLDER, b"hooks", hooks)
    )
    lfs: tuple[Entry, ...] = (
        (FILE, b".gitattributes", repository.blob(b"* filter=evil diff=evil text eol=crlf ident\n")),
        (FILE, b".lfsconfig", repository.blob(b"[lfs]\n\turl = https://evil.example/\n")),
    )
    commit(repository, *lfs, (FOLDER, b"bare.git", embedded), (FOLDER, b"hooks", hooks))


def _replaced(repository: BareRepository, outside: Outside) -> None:
    """A program in the tree that is named as what the analyzer starts."""
    payload = repository.blob(f"#!/bin/sh\n{outside.mark('program')}\n".encode())
    module = repository.blob(f"import os\nos.system({outside.mark('module')!r})\n".encode())
    names = (b"fleet.py", b"sitecustomize.py", b"tree_sitter.py", b"conftest.py", b"setup.py", b"test_run.py")
    commit(repository, *((PROGRAM, name, payload) for name in (b"git", b"python")), *((FILE, n, module) for n in names))


TREES = {
    "a link to a file outside": Case(_link(b"CANARY")),
    "a link out of the repository step by step": Case(_link(b"../" * 40 + b"CANARY")),
    "a link to a folder outside": Case(_link(b"FOLDER", b"tests")),
    "a link to what a process is told": Case(_link(b"/proc/self/environ")),
    "a link to a device that never ends": Case(_link(b"/dev/zero")),
    "a link to itself": Case(_link(b"test_link.py")),
    "a link with a NUL": Case(_link(b"CANARY\0.py")),
    "a link for a configuration": Case(_link(b"CANARY", b"pytest.ini")),
    "a link for the attributes": Case(_link(b"CANARY", b".gitattributes")),
    "a link for the submodules": Case(_link(b"CANARY", b".gitmodules")),
    "a submodule whose address is an option": Case(_submodule("-u./payload")),
    "a submodule whose address is a command": Case(_submodule("ext::sh -c MARK")),
    "folders that lead out": Case(_folders(b"..", b".")),
    "a folder without a name": Case(_folders(b""), "RepositoryUnavailable"),
    "files that lead out": Case(_named(b"../test_a.py", b"/test_b.py", b"a/../../test_c.py", b"a//test_d.py")),
    "a folder of git": Case(_folders(b".git", b".GIT", b"git~1", ".g\u200cit".encode())),
    "names that are options": Case(_named(b"-rf", b"--upload-pack=x", b"--output=test_a.py")),
    "names that a shell would run": Case(_named(b"$(id)test_a.py", b"`id`_test.py", b";id;.test.js", b"|id.test.ts")),
    "names of several lines": Case(_named(b"test_a\nb.py", b"test_a\rb.py", b"\ntest_c.py")),
    "names that are no text": Case(_named(b"test_\xff\xfe.py", b"test_\xed\xa0\x80.py", b"test_\xc0\x80.py")),
    "names that a terminal obeys": Case(_named("test_\u202eyp.py".encode(), b"test_\x1b[31m.py", b"test_\x07.py")),
    "names that are statements": Case(_named(b"test_'; drop table app.users; --.py", b"test_\\.py", b"test_%s.py")),
    "names that are too long": Case(_named(b"test_" + b"a" * 4_092 + b".py", b"test_" + b"a" * 3_000 + b".py")),
    "the same name twice": Case(_named(b"test_good.py", b"test_a.py", b"test_a.py")),
    "a thousand folders in each other": Case(_deep),
    "a tree of ten thousand million files": Case(partial(_multiplied, branches=10, levels=10), "LimitExceeded"),
    "files that git would obey": Case(_obeyed),
    "programs named as what is started": Case(_replaced),
}

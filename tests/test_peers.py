"""The other job queues that this one is compared with: what is locked, and what is built from it."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.peers.environment import PeerMissingError, build
from benchmarks.peers.known import GRAPHILE, PEERS
from benchmarks.peers.peer import Peer
from tests.test_requirements import PIN

PYTHON = [peer for peer in PEERS.values() if peer.program == "python" and peer.name != "fleet"]
NODE = [peer for peer in PEERS.values() if peer.program == "node"]


@pytest.mark.parametrize("peer", PYTHON, ids=lambda peer: peer.name)
def test_every_package_in_python_is_pinned_by_a_hash(peer: Peer) -> None:
    lines = (peer.folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    allowed = re.compile(rf"{PIN.pattern}|^    --hash=sha256:[0-9a-f]{{64}}( \\)?$|^    #( |$)")

    bare = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and not following.startswith("    --hash=")
    ]

    assert [line for line in lines if not allowed.match(line)] == []
    assert bare == []


@pytest.mark.parametrize("peer", NODE, ids=lambda peer: peer.name)
def test_every_package_for_node_is_pinned_by_a_hash(peer: Peer) -> None:
    packages = json.loads((peer.folder / "package-lock.json").read_bytes())["packages"]

    assert {name for name, entry in packages.items() if name and "integrity" not in entry} == set()


@pytest.mark.parametrize("peer", [*PYTHON, *NODE], ids=lambda peer: peer.name)
def test_no_lock_names_a_host(peer: Peer) -> None:
    (lock,) = {*peer.folder.glob("requirements.txt"), *peer.folder.glob("package-lock.json")}
    text = lock.read_text(encoding="utf-8")

    assert "://" not in text
    assert '"resolved"' not in text


def test_a_missing_node_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PeerMissingError) as raised:
        build(GRAPHILE, tmp_path / "peers")

    assert str(raised.value) == "graphile-worker is left out, because it needs node, which is not installed."


def programs(folder: Path, npm: str) -> Path:
    """Make a folder with a node that does nothing, and an npm that does this."""
    folder.mkdir()
    for name, script in (("node", "true"), ("npm", npm)):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    return folder


def test_an_environment_whose_installation_fails_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = programs(tmp_path / "bin", ">half; echo no such package; exit 1")
    monkeypatch.setenv("PATH", str(found))

    with pytest.raises(PeerMissingError, match="no such package"):
        build(GRAPHILE, tmp_path / "peers")

    assert list((tmp_path / "peers").iterdir()) == []


def test_an_environment_is_built_once_for_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = programs(tmp_path / "bin", f"echo built >> {tmp_path}/builds")
    monkeypatch.setenv("PATH", str(found))

    build(GRAPHILE, tmp_path / "peers")
    build(GRAPHILE, tmp_path / "peers")

    assert (tmp_path / "builds").read_text(encoding="utf-8") == "built\n"
    (made,) = (tmp_path / "peers").iterdir()
    assert re.fullmatch(r"graphile-worker-[0-9a-f]{12}", made.name)
    assert {path.name for path in made.iterdir()} == {"package.json", "package-lock.json"}

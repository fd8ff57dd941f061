"""A project that is not this one: the example of docs/testing.md, in a folder of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from fleet.config import DatabaseUrl
from fleet.testing.until import until

ROOT = Path(__file__).parents[2]
RunTests = Callable[..., "subprocess.CompletedProcess[str]"]
STARTS = """
import os, pytest, signal

@pytest.mark.anyio
async def test_that_starts_workers(fleet):
    a, b = await fleet.start(2)
    await a.freeze()
    print(f"worker={{a.pid}} worker={{b.pid}}", flush=True)
    {end}
"""
EXAMPLE = re.compile(r"^```python\n# (?P<name>\S+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Where the package and its SQL are, and nothing else of this project."""
    site = tmp_path / "site"
    site.mkdir()
    for name in ("fleet", "sql"):
        (site / name).symlink_to(ROOT / name)
    return site


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for example in EXAMPLE.finditer((ROOT / "docs" / "testing.md").read_text(encoding="utf-8")):
        (folder / example["name"]).write_text(example["text"], encoding="utf-8")
    return folder


@pytest.fixture
def run_tests(project: Path, installed: Path, postgres: DatabaseUrl) -> RunTests:
    def run_tests(*files: str) -> "subprocess.CompletedProcess[str]":
        options = ["-q", "-s", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(project)]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, *files],
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(installed), str(project)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "FLEET_TEST_DATABASE_URL": postgres.reveal(),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )

    return run_tests


def test_it_is_tested_with_the_plugin_alone(run_tests: RunTests) -> None:
    ended = run_tests()

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "5 passed" in ended.stdout


@pytest.mark.parametrize(
    ("end", "code"),
    [("raise AssertionError", 1), ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)],
    ids=["failed", "killed"],
)
async def test_no_worker_outlives_its_test_however_that_ends(
    run_tests: RunTests, project: Path, end: str, code: int
) -> None:
    (project / "test_ends.py").write_text(STARTS.format(end=end), encoding="utf-8")

    ended = run_tests("test_ends.py")
    workers = re.findall(r"worker=(\d+)", ended.stdout)

    assert (ended.returncode, len(workers)) == (code, 2), ended.stdout + ended.stderr

    async def are_gone() -> bool:
        return not any(runs(Path("/proc", worker, "stat")) for worker in workers)

    try:
        await until(are_gone)
    finally:
        # A keeper that was frozen with its worker stays so when nobody is left to end the group.
        for worker in workers:
            with suppress(ProcessLookupError):
                os.killpg(int(worker), signal.SIGKILL)


def runs(process: Path) -> bool:
    """Whether it does; what is dead and waits for init to notice does not."""
    try:
        return process.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""The pool, with real children."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from fleet.analysis.detect.scope import Scope, Scopes
from fleet.analysis.inventory import NotATest, ParsedFile, TestFile, Unparsed
from fleet.analysis.parse.pool import ParserLimits, Parsers, open_parsers
from fleet.errors import LeaseLost, ParserUnavailable
from fleet.testing.process import PATIENCE
from fleet.testing.until import until

TEST = b"import pytest\ndef test_a(): pass\n"
LIMITS = ParserLimits()
# Keeps a parser busy for seconds: no grammar recovers quickly from half a million strings without a separator.
SLOW = b"import 'vitest'\n" + b'"' * 900_000


async def each(files: Iterable[tuple[str, bytes]]) -> AsyncIterator[tuple[str, bytes]]:
    for file in files:
        yield file


async def parse(parsers: Parsers, *files: tuple[str, bytes], scopes: Scopes | None = None) -> list[ParsedFile]:
    return [parsed async for parsed in parsers.parse(each(files), scopes or Scopes())]


def children() -> set[int]:
    """Return the parsers that this process has started and that still run."""
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _is_our_parser(folder)}


def _is_our_parser(folder: Path) -> bool:
    try:
        command = (folder / "cmdline").read_bytes()
        parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended meanwhile
    return b"fleet.analysis.parse.child" in command and int(parent) == os.getpid()


def is_busy(pid: int) -> bool:
    """Tell whether the process has computed for longer than a parser needs to start."""
    user = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11]
    return int(user) > os.sysconf("SC_CLK_TCK")


async def busy_child() -> int | None:
    return next((pid for pid in children() if is_busy(pid)), None)


async def test_files_come_back_in_their_order() -> None:
    files = [(f"test_{number}.py", TEST * (200 - number)) for number in range(100)]

    async with open_parsers(count=2, limits=LIMITS) as parsers:
        parsed = await parse(parsers, *files, ("src/tests/x.py", b"x = 1"))

    assert [file.path for file in parsed] == [path for path, _ in files] + ["src/tests/x.py"]
    assert all(isinstance(file, TestFile) for file in parsed[:-1])
    assert parsed[-1] == NotATest("src/tests/x.py")


async def test_only_a_bounded_number_of_files_is_taken_ahead() -> None:
    taken = 0

    async def files() -> AsyncIterator[tuple[str, bytes]]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield f"test_{number}.py", TEST

    async with open_parsers(count=1, limits=LIMITS) as parsers:
        async for _ in parsers.parse(files(), Scopes()):
            break

    assert taken <= 16


async def test_configurations_are_read_in_the_children_and_judge_the_files() -> None:
    async with open_parsers(count=2, limits=LIMITS) as parsers:
        scopes = await parsers.read_configs({"web/jest.config.js": b"module.exports = {}", "web/package.json": b"{}"})
        parsed = await parse(parsers, ("web/a.test.js", b"it('a', f)"), ("a.test.js", b"it('a', f)"), scopes=scopes)

    assert [(scope.config, scope.roots) for scope in scopes.scopes] == [("web/jest.config.js", ("web",))]
    assert [type(file) for file in parsed] == [TestFile, NotATest]


async def test_scopes_of_one_repository_do_not_judge_the_next() -> None:
    async with open_parsers(count=1, limits=LIMITS) as parsers:
        claimed = Scopes((Scope("jest", "jest.config.js", "", ("",)),))
        first = await parse(parsers, ("a.test.js", b"it('a', f)"), scopes=claimed)
        second = await parse(parsers, ("a.test.js", b"it('a', f)"))

    assert [type(file) for file in first + second] == [TestFile, NotATest]


async def test_a_file_over_the_size_limit_is_not_read() -> None:
    limits = ParserLimits(file_bytes=100)

    async with open_parsers(count=1, limits=limits) as parsers:
        parsed = await parse(parsers, ("test_a.py", b"#" * 101), ("test_b.py", TEST))
        scopes = await parsers.read_configs({"jest.config.js": b" " * 101})

    assert parsed[0] == Unparsed("test_a.py", "it is larger than 100 bytes")
    assert isinstance(parsed[1], TestFile)
    assert scopes.unread == (Unparsed("jest.config.js", "it is larger than 100 bytes"),)


async def test_a_file_over_the_time_limit_costs_only_itself() -> None:
    limits = ParserLimits(file_time=timedelta(seconds=1))

    async with open_parsers(count=1, limits=limits) as parsers:
        parsed = await parse(parsers, ("test_a.py", TEST), ("b.test.ts", SLOW), ("test_c.py", TEST))

    assert parsed[1] == Unparsed("b.test.ts", "reading it took longer than 1 s")
    assert [type(file) for file in parsed] == [TestFile, Unparsed, TestFile]


async def test_a_file_over_the_memory_limit_costs_only_itself() -> None:
    limits = ParserLimits(memory_bytes=150_000_000)

    async with open_parsers(count=1, limits=limits) as parsers:
        parsed = await parse(parsers, ("b.test.ts", b"import 'vitest';" + b"it('a');" * 120_000), ("test_c.py", TEST))

    assert [type(file) for file in parsed] == [Unparsed, TestFile]


async def test_a_file_over_the_cpu_limit_is_ended_by_the_kernel() -> None:
    limits = ParserLimits(file_time=timedelta(seconds=60), file_cpu=timedelta(seconds=1))

    async with open_parsers(count=1, limits=limits) as parsers:
        parsed = await parse(parsers, ("b.test.ts", SLOW), ("test_c.py", TEST))

    assert parsed[0] == Unparsed("b.test.ts", "the parser ended by SIGXCPU")
    assert isinstance(parsed[1], TestFile)


async def test_a_child_that_is_killed_costs_only_its_file() -> None:
    killed: set[int] = set()

    async def kill_the_child() -> None:
        pid = await until(busy_child, within=PATIENCE)
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)

    # Where many processes share the machine, a second of computing takes longer than a file may.
    limits = ParserLimits(file_time=2 * PATIENCE)
    async with open_parsers(count=1, limits=limits) as parsers, anyio.create_task_group() as tasks:
        tasks.start_soon(kill_the_child)
        parsed = await parse(parsers, ("b.test.ts", SLOW), ("test_c.py", TEST))

    assert killed
    assert parsed[0] == Unparsed("b.test.ts", "the parser ended by SIGKILL")
    assert isinstance(parsed[1], TestFile)


async def test_a_child_that_died_while_it_had_nothing_to_do_costs_no_file() -> None:
    async with open_parsers(count=1, limits=LIMITS) as parsers:
        await parse(parsers, ("test_a.py", TEST))
        (pid,) = children()
        os.kill(pid, signal.SIGKILL)

        async def gone() -> bool:
            with suppress(ChildProcessError):
                return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            return True

        await until(gone, within=PATIENCE)
        parsed = await parse(parsers, ("test_b.py", TEST))

    assert [type(file) for file in parsed] == [TestFile]


async def test_nothing_runs_on_after_the_pool_is_closed() -> None:
    async with open_parsers(count=2, limits=LIMITS) as parsers:
        await parse(parsers, ("test_a.py", TEST), ("test_b.py", TEST))
        assert children()

    assert not children()


async def test_nothing_runs_on_after_a_cancellation() -> None:
    started = time.monotonic()

    with anyio.move_on_after(1) as scope:
        async with open_parsers(count=2, limits=LIMITS) as parsers:
            await parse(parsers, ("a.test.ts", SLOW), ("b.test.ts", SLOW))

    assert scope.cancelled_caught
    assert not children()
    assert time.monotonic() - started < 4  # it does not wait for what the children are at


async def test_an_error_of_the_user_comes_out_as_it_is() -> None:
    with pytest.raises(LeaseLost):
        async with open_parsers(count=1, limits=LIMITS):
            raise LeaseLost("gone")

    assert not children()


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (ParserLimits(start_time=timedelta(0)), "it takes too long"),
        (ParserLimits(memory_bytes=2**70), "the parser ended with status 1, said=Traceback"),
    ],
)
async def test_a_child_that_does_not_start_is_an_error_of_the_attempt(limits: ParserLimits, why: str) -> None:
    async with open_parsers(count=1, limits=limits) as parsers:
        with pytest.raises(ParserUnavailable, match=f"why={why}"):
            await parse(parsers, ("test_a.py", TEST), ("test_b.py", TEST))


async def test_a_name_that_is_not_text_comes_back_as_it_was() -> None:
    async with open_parsers(count=1, limits=LIMITS) as parsers:
        (parsed,) = await parse(parsers, ("test_\udcff.py", TEST))

    assert isinstance(parsed, TestFile)
    assert parsed.path == "test_\udcff.py"


async def test_a_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", "secret")

    async with open_parsers(count=1, limits=LIMITS) as parsers:
        await parse(parsers, ("test_a.py", TEST))
        (pid,) = children()
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")

    assert {variable.partition(b"=")[0] for variable in environment if variable} == {b"PATH", b"PYTHONPATH", b"LC_ALL"}


@pytest.fixture
def core_dumps() -> Iterator[None]:
    """As on a machine where processes may dump core."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.usefixtures("core_dumps")
async def test_a_child_is_confined() -> None:
    async with open_parsers(count=1, limits=LIMITS) as parsers:
        await parse(parsers, ("test_a.py", TEST))
        (pid,) = children()
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()

    bounds = {line[:25].strip(): line[25:].split()[0] for line in limits[1:]}
    assert bounds["Max address space"] == str(LIMITS.memory_bytes)
    assert bounds["Max core file size"] == "0"
    assert int(bounds["Max cpu time"]) <= 30


async def test_a_busy_child_dies_with_its_parent() -> None:
    program = (
        "import anyio\n"
        "from datetime import timedelta\n"
        "from fleet.analysis.parse.messages import ReadFile\n"
        "from fleet.analysis.parse.limits import ParserLimits\n"
        "from fleet.analysis.parse.process import start_child\n"
        "async def main():\n"
        "    child = await start_child(ParserLimits())\n"
        "    print(child.pid, flush=True)\n"
        "    content = b'import \"vitest\"' + b'\"' * 900_000\n"
        "    await child.tell(ReadFile('a.test.ts', content))\n"
        "    await child.answer(within=timedelta(minutes=1))\n"
        "anyio.run(main)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())

    async def busy() -> bool:
        return is_busy(pid)

    async def gone() -> bool:
        return not Path(f"/proc/{pid}/exe").exists()

    await until(busy, within=PATIENCE)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await until(gone, within=timedelta(seconds=1))


def test_the_pool_does_not_load_the_grammars() -> None:
    program = "import sys, fleet.analysis.parse.pool; sys.exit(any('tree_sitter' in name for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_comments_that_open_in_each_other_cost_their_own_file() -> None:
    # The grammar of Kotlin reads to the end from each of them: minutes for this, hours for all that a file may hold.
    limits = ParserLimits(file_time=timedelta(seconds=1))
    kotlin = b"import org.junit.Test\nclass ATest {\n@Test fun a() {}\n}\n"

    async with open_parsers(count=1, limits=limits) as parsers:
        nested, other = await parse(parsers, ("BTest.kt", b"/*" * 100_000), ("ATest.kt", kotlin))

    assert nested == Unparsed("BTest.kt", "reading it took longer than 1 s")
    assert isinstance(other, TestFile)

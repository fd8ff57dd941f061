"""House rules that a machine can check and no linter knows."""

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = sorted([*ROOT.glob("fleet/**/*.py"), *ROOT.glob("entrypoints/*.py"), *ROOT.glob("railway/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))
STATEMENTS = sorted(path for path in ROOT.glob("sql/**/*.sql") if path.parent.name != "migrations")

# The one place that turns whatever a handler raises into an outcome.
BROAD_EXCEPT = {"fleet/queue/run.py": 1}
# A pytest plugin is an entry point: it is where the tests' environment comes in. So is a worker that a test starts, and
# the program that a wheel installs.
READS_ENVIRONMENT = {"fleet/cli/__main__.py", "fleet/testing/plugin.py", "fleet/testing/worker.py"}
# Programs of their own, run by path or by module in a process that has nothing but its environment to read.
CHILDREN = {"fleet/analysis/git/askpass.py"}
# Waits for PostgreSQL without an event loop: once in a script of the standard library, once in a thread.
BLOCKING_WAITS = {"fleet/local/guard.py", "fleet/local/cluster.py"}
# Their time is simulated: to sleep takes none.
SIMULATED = {"tests/simulation/jobs.py", "tests/simulation/story.py", "tests/simulation/test_scenes.py"}
# The development commands run the local database; everything else is production.
LOCAL = {
    "entrypoints._tied",
    "entrypoints._local_fleet",
    "entrypoints._summary",
    "entrypoints.quickstart",
    "entrypoints.up",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[str]:
    """The dotted text of everything that is called, such as ``anyio.sleep``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def broad_excepts(path: Path) -> int:
    handlers = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ExceptHandler)
    ]
    return sum(
        handler.type is None
        or bool({"Exception", "BaseException"} & set(re.findall(r"\w+", ast.unparse(handler.type))))
        for handler in handlers
    )


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_task_has_an_owner() -> None:
    loose = {"create_task", "ensure_future", "gather", "run_coroutine_threadsafe"}

    assert [name_of(path) for path in PROGRAM for call in calls(path) if call.rpartition(".")[2] in loose] == []


def test_there_is_one_broad_except_in_the_program() -> None:
    assert {name_of(path): count for path in PROGRAM if (count := broad_excepts(path))} == BROAD_EXCEPT


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    assert {name_of(path): lines_of(path) for path in PROGRAM if lines_of(path) > 300} == {}


def test_the_median_module_is_short() -> None:
    assert statistics.median(lines_of(path) for path in PROGRAM if path.name != "__init__.py") <= 120


def test_no_function_is_longer_than_forty_lines() -> None:
    long = {
        f"{name_of(path)}:{node.name}": length
        for path in PROGRAM
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := _length(node)) > 40
    }

    assert long == {}


def test_packages_hold_nothing_themselves() -> None:
    assert [name_of(path) for path in (*PROGRAM, *TESTS) if path.name == "__init__.py" and path.stat().st_size] == []


def test_tests_do_not_sleep() -> None:
    asleep = [name_of(path) for path in TESTS for call in calls(path) if call.rpartition(".")[2] == "sleep"]

    assert set(asleep) - SIMULATED == set()


def test_nothing_blocks_a_loop_by_sleeping() -> None:
    assert {name_of(path) for path in PROGRAM for call in calls(path) if call == "time.sleep"} <= BLOCKING_WAITS


def test_the_environment_is_read_in_entry_points_alone() -> None:
    readers = {
        name_of(path)
        for path in PROGRAM
        if path.is_relative_to(ROOT / "fleet") and re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))
    }

    assert readers - READS_ENVIRONMENT - CHILDREN == set()


def test_modules_are_named_for_what_they_do() -> None:
    bags = {"base", "common", "core", "data", "helper", "helpers", "info", "manager", "util", "utils"}

    assert [name_of(path) for path in PROGRAM if bags & {path.stem, path.parent.name}] == []


def test_a_statement_begins_with_its_name_and_what_it_does() -> None:
    first_lines = {name_of(path): path.read_text(encoding="utf-8").partition("\n")[0] for path in STATEMENTS}

    assert {name: line for name, line in first_lines.items() if not re.match(rf"-- {Path(name).stem}: \S", line)} == {}


def test_every_suppression_says_why_on_its_line() -> None:
    bare = re.compile(r"#\s*(?:type: ignore\[[^\]]*\]|noqa: [A-Z0-9, ]+?)\s*$", re.MULTILINE)

    assert [name_of(path) for path in (*PROGRAM, *TESTS) if bare.search(path.read_text(encoding="utf-8"))] == []


def test_the_import_contracts_cover_every_entry_point() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    sources = {contract["name"]: set(contract.get("source_modules", ())) for contract in contracts}
    entry_points = {f"entrypoints.{path.stem}" for path in ROOT.glob("entrypoints/*.py")} - {"entrypoints.__init__"}

    assert entry_points - sources["Only the analyzer and the rotation of keys reach the ciphers"] == {
        "entrypoints.analyzer",
        "entrypoints.rotate_keys",
    }
    assert (
        entry_points - sources["Production reaches neither the tests' tools nor a database of its own"]
        == LOCAL & entry_points
    )


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines

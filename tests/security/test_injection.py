"""Text of strangers is never taken for SQL."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from fleet import sql
from fleet.analysis import store
from fleet.analysis.inventory import Location, Suite, Test, TestFile
from fleet.analysis.job import Analyze
from fleet.analysis.repository import RepositoryAddress
from fleet.db import Pool
from fleet.errors import InvalidRepository
from tests.dockerfile import ROOT

CORPUS = [
    "'; drop table canary; --",
    "' or '1'='1",
    "\\'; drop table canary; --",
    "$$; drop table canary; $$",
    "$1); drop table canary; --",
    "\\copy canary to '/tmp/x'",
    'a"; drop table canary; --',
    "a\\.\n\\.",
    "%s %I %L {x} :name",
    "\N{MODIFIER LETTER APOSTROPHE}; drop table canary; --",
]
HERE = Location(1, 2, 0, 4)
CALLS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor"}
SOURCES = sorted([*ROOT.glob("fleet/**/*.py"), *ROOT.glob("entrypoints/*.py")])
FUNCTIONS = sorted([*sql.ROOT.glob("functions/*.sql"), *sql.ROOT.glob("migrations/*.sql"), sql.ROOT / "privileges.sql"])


@pytest.fixture
async def canary(pool: Pool) -> None:
    await pool.execute("create table public.canary (alive boolean); insert into public.canary values (true)")


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize("text", CORPUS)
async def test_what_an_inventory_holds_is_stored_and_found_as_it_is(pool: Pool, text: str) -> None:
    codebase = await store.codebase_at(pool, RepositoryAddress("github.com", "psf", "requests"), private=False)
    job = await pool.fetchval(
        "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at) values"
        " ('analyze', 'analysis_default', 'running', 1, 1, gen_random_uuid(), now()) returning id"
    )
    writer = await store.begin(pool, codebase, "a" * 40, text, userless=True, claim=(job, 1))
    assert writer is not None
    suite = Suite(text, "active", HERE, tests=(Test(text, "active", HERE),))

    await store.write_batch(pool, writer, [(1, TestFile(text, text, text, suites=(suite,)))])
    found = await pool.fetch("select path, suites, name from app.find_tests($1, $2)", writer.analysis, text)
    read = await pool.fetch("select path, suites, name from app.tests_of($1)", writer.analysis)

    assert [tuple(row) for row in read] == [(text, [text], text)]
    assert [tuple(row) for row in found] in ([(text, [text], text)], [])
    assert await pool.fetchval("select alive from public.canary")


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize("text", CORPUS)
async def test_what_a_job_holds_is_kept_as_it_is(pool: Pool, text: str) -> None:
    await pool.execute("select fleet.declare_kind('note', 'notes', 3, '1 min', '{}', '{}')")
    args = msgspec.json.encode({"owner": text}).decode()

    job = await pool.fetchval("select id from fleet.enqueue('note', $1::text::jsonb, unique_key => $2)", args, text)

    kept = await pool.fetchrow("select args->>'owner' as owner, unique_key from fleet.job where id = $1", job)
    assert kept is not None
    assert (kept["owner"], kept["unique_key"]) == (text, text)
    assert await pool.fetchval("select alive from public.canary")


@pytest.mark.parametrize("text", CORPUS)
def test_what_names_a_repository_is_refused_before_it_is_asked_for(text: str) -> None:
    with pytest.raises(InvalidRepository):
        RepositoryAddress("github.com", text, "requests")
    with pytest.raises(InvalidRepository):
        RepositoryAddress("github.com", "psf", text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"owner": text, "repo": "requests"}, Analyze)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_statement_is_put_together_from_what_a_program_knows(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        (node.lineno, node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS and node.args
    ]

    assert [line for line, statement in asked if _is_made(statement)] == []


def _is_made(statement: ast.expr) -> bool:
    """Tell whether it is put together: a sum, a format, an f-string with more in it than a module's constant."""
    if isinstance(statement, ast.Call) and isinstance(statement.func, ast.Name) and statement.func.id == "statement":
        # What is put together is the name of a file.
        return False
    return any(
        (isinstance(node, ast.FormattedValue) and not (isinstance(node.value, ast.Name) and node.value.id.isupper()))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod))
        or (isinstance(node, ast.Attribute) and node.attr in {"format", "join"})
        for node in ast.walk(statement)
    )


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_functions_quote_what_they_put_into_a_statement(path: Path) -> None:
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))

    made = set(re.findall(r"\bexecute\s+(?!function\b|on\b|procedure\b)(\S+)", text))

    # A released migration that changes the text of its own function.
    assert {each for each in made if not each.startswith("format(")} <= {"replace("}
    for statement in re.findall(r"\bexecute\s+format\(\s*'((?:[^']|'')*)'", text):
        assert set(re.findall(r"%(?:\d\$)?(.)", statement)) <= {"I", "L"} | (
            {"s"} if path.stem == "privileges" else set()
        )

"""The SQL of the project keeps its own rules, and all of it is understood by the migrated schema."""

import re
from pathlib import Path

import pytest

from fleet import sql
from fleet.db import Connection

FUNCTIONS = sorted((sql.ROOT / "functions").glob("*.sql"))
VIEWS = sorted((sql.ROOT / "views").glob("*.sql"))
MIGRATIONS = sorted((sql.ROOT / "migrations").glob("*.sql"))
STATEMENTS = sorted(
    path
    for folder in ("analysis", "cli", "cron", "dashboard", "doctor", "rotation", "specgen", "retention")
    for path in (sql.ROOT / folder).glob("*.sql")
)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FUNCTIONS + VIEWS + STATEMENTS, ids=_name)
def test_a_file_begins_with_its_name_and_what_it_does(path: Path) -> None:
    assert re.match(rf"-- {path.stem}: \S.{{10,}}\n(--|[a-z])", path.read_text())


@pytest.mark.parametrize("path", FUNCTIONS, ids=_name)
def test_a_file_says_what_its_function_locks(path: Path) -> None:
    header = path.read_text().partition("\ncreate ")[0]

    assert re.search(r"(?i)lock|inserts one row|shares|trigger|once for each", header), header


@pytest.mark.parametrize("path", FUNCTIONS, ids=_name)
def test_a_file_defines_exactly_the_function_of_its_name(path: Path) -> None:
    text = path.read_text()

    (name,) = re.findall(r"(?m)^create or replace function (\S+?)\(", text)
    assert name in {f"fleet.{path.stem}", f"app.{path.stem}"}
    assert re.findall(r"(?m)^comment on function (\S+?)\(", text) == [name]


@pytest.mark.parametrize("path", VIEWS, ids=_name)
def test_a_file_defines_exactly_the_view_of_its_name(path: Path) -> None:
    text = path.read_text()

    (name,) = re.findall(r"(?m)^create or replace view (\S+) as$", text)
    assert name in {f"fleet.{path.stem}", f"app.{path.stem}"}
    assert re.findall(r"(?m)^comment on view (\S+) is$", text) == [name]


@pytest.mark.parametrize("path", MIGRATIONS, ids=_name)
def test_every_index_names_what_it_is_for(path: Path) -> None:
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.search(r"^\s*(create (unique )?index|unique \(|primary key \(id)", line):
            assert any(re.match(r"\s*-- For ", above) for above in lines[max(0, number - 2) : number]), line


@pytest.mark.parametrize("path", FUNCTIONS + VIEWS + STATEMENTS + MIGRATIONS, ids=_name)
def test_keywords_are_in_lower_case_and_columns_are_named(path: Path) -> None:
    code = re.sub(r"--.*|'[^']*'", "", path.read_text())

    assert not re.findall(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|CREATE|RETURNS)\b", code)
    # What a row is made of is not always the schema's to say: a set made on the spot, or rows that change partition.
    for after in re.findall(r"select (?:\w+\.)?\* from (\S+)", code):
        assert after.startswith(("unnest(", "moved", "jsonb_to_recordset("))


async def test_every_function_pins_its_search_path(conn: Connection) -> None:
    loose = await conn.fetch(
        "select proname from pg_proc where pronamespace in ('fleet'::regnamespace, 'app'::regnamespace)"
        " and not 'search_path=pg_catalog, pg_temp' = any(coalesce(proconfig, '{}'))"
    )

    assert [row["proname"] for row in loose] == []


async def test_every_function_of_the_schema_has_its_file(conn: Connection) -> None:
    rows = await conn.fetch(
        "select proname from pg_proc where pronamespace in ('fleet'::regnamespace, 'app'::regnamespace) order by 1"
    )

    assert [row["proname"] for row in rows] == [path.stem for path in FUNCTIONS]


async def test_every_view_of_the_schema_has_its_file(conn: Connection) -> None:
    rows = await conn.fetch(
        "select relname from pg_class where relnamespace in ('fleet'::regnamespace, 'app'::regnamespace)"
        " and relkind = 'v' order by 1"
    )

    assert [row["relname"] for row in rows] == [path.stem for path in VIEWS]


async def test_every_table_and_function_has_a_comment(conn: Connection) -> None:
    silent = await conn.fetch(
        "select relname as name from pg_class where relnamespace = 'fleet'::regnamespace"
        " and relkind in ('r', 'p', 'v') and obj_description(oid, 'pg_class') is null"
        " union all select proname from pg_proc where pronamespace in ('fleet'::regnamespace, 'app'::regnamespace)"
        " and obj_description(oid, 'pg_proc') is null"
        " union all select typname from pg_type where typnamespace = 'fleet'::regnamespace and typtype in ('e', 'd')"
        " and obj_description(oid, 'pg_type') is null"
    )

    assert [row["name"] for row in silent] == []


async def test_names_resolve_to_the_queue_whatever_stands_first_in_the_search_path(conn: Connection) -> None:
    await conn.execute(
        "create schema hostile; set search_path = hostile, public;"
        "create function hostile.now() returns timestamptz language sql as $$ select null::timestamptz $$;"
        "create table hostile.job (id bigint); create table hostile.kind (kind text)"
    )
    await conn.execute("select fleet.declare_kind('note', 'notes', 3, interval '1 min', '{}', '{}')")

    assert await conn.fetchval("select inserted from fleet.enqueue('note')")


@pytest.mark.parametrize("path", STATEMENTS, ids=_name)
async def test_a_statement_is_understood_by_the_schema(conn: Connection, path: Path) -> None:
    await conn.prepare(path.read_text())

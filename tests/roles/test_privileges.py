"""Who may do what: compared with a golden file, and with rules that hold for every function."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet import sql
from fleet.db import Connection, connect
from fleet.migrate import require_current
from fleet.testing.database import Template
from tests.roles.guarded import ROLES, Guarded, guard

GOLDEN = Path(__file__).parent / "privileges.txt"
WRITE = "FLEET_WRITE_GOLDEN=1 .venv/bin/python -m pytest tests/roles/test_privileges.py"
MATRIX = (Path(__file__).parent / "matrix.sql").read_text(encoding="utf-8")
LISTED = re.findall(r"(?m)^\s+\('(\w+)', '(?:definer|invoker)',", sql.statement("privileges"))


@pytest.fixture
async def admin(guarded: Guarded) -> AsyncIterator[Connection]:
    """The administrator's session."""
    async with guarded.session("fleet_migrate") as connection:
        yield connection


async def test_the_privileges_are_those_of_the_golden_file(admin: Connection) -> None:
    lines = [row["line"] for row in await admin.fetch(MATRIX)]
    if "FLEET_WRITE_GOLDEN" in os.environ:
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")
    golden = GOLDEN.read_text(encoding="utf-8").splitlines()

    gained = [f"+ {line}" for line in lines if line not in golden]
    lost = [f"- {line}" for line in golden if line not in lines]
    assert not gained + lost, f"if sql/privileges.sql is to say so, write the golden file anew and read it: {WRITE}"


async def test_an_empty_database_migrated_by_its_role_gets_the_same(template: Template) -> None:
    async with template.copy() as database:
        async with connect(database.url, application="fleet-tests") as connection:
            await connection.execute("drop schema app cascade; drop schema fleet cascade")
        async with guard(database, by="fleet_migrate") as guarded, guarded.session("fleet_migrate") as connection:
            lines = [row["line"] for row in await connection.fetch(MATRIX)]
            await require_current(connection)
            foreign = await connection.fetchval(
                "select count(*) from pg_class where relowner = $1::text::regrole", guarded.user("fleet_migrate")
            )

    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()
    assert foreign == 0


async def test_every_function_is_in_the_list_of_privileges(admin: Connection) -> None:
    names = {
        row["proname"]
        for row in await admin.fetch("select proname from pg_proc where pronamespace = 'fleet'::regnamespace")
    }

    missing = sorted(names - set(LISTED))
    assert not missing, (
        f"{', '.join(missing)}: add a line to the list of functions in sql/privileges.sql, as ('name', 'definer',"
        " 'roles that call it'), or ('name', 'invoker', null) among those that other functions call;"
        f" then write the golden file anew: {WRITE}"
    )
    gone = sorted(set(LISTED) - names)
    assert not gone, f"{', '.join(gone)}: no such function; take its line out of the list in sql/privileges.sql"
    assert len(LISTED) == len(set(LISTED))


async def test_what_runs_as_its_owner_cannot_be_misled(admin: Connection) -> None:
    """The owner cannot log in, names resolve to what they mean, and nobody calls it who is not meant to."""
    loose = await admin.fetch(
        "select proc.oid::regprocedure::text as function from pg_proc as proc"
        " join pg_namespace as space on space.oid = proc.pronamespace and space.nspname in ('fleet', 'app')"
        " join pg_roles as owner on owner.oid = proc.proowner"
        " where proc.prosecdef and (owner.rolcanlogin or owner.rolsuper or owner.rolname <> 'fleet_owner'"
        " or not 'search_path=pg_catalog, pg_temp' = any(coalesce(proc.proconfig, '{}'))"
        " or has_function_privilege('public', proc.oid, 'execute'))"
    )

    assert [row["function"] for row in loose] == []


async def test_the_owner_of_the_queue_can_do_nothing_outside_of_it(admin: Connection) -> None:
    reach = await admin.fetch(
        "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p', 'v')"
        " and has_any_column_privilege('fleet_owner', oid, 'select, insert, update, references')"
        " or relnamespace = 'app'::regnamespace and relkind = 'r' and has_table_privilege('fleet_owner', oid, 'delete')"
    )

    assert [row["relname"] for row in reach] == []
    assert await admin.fetchval("select count(*) from pg_auth_members where member = 'fleet_owner'::regrole") == 0


async def test_no_role_can_log_in_or_is_more_than_it_should_be(admin: Connection) -> None:
    strong = await admin.fetch(
        r"select rolname from pg_roles where rolname = any($1)"
        " and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)",
        ["fleet_owner", *ROLES],
    )

    assert [row["rolname"] for row in strong] == []


async def test_a_function_that_is_made_later_is_nobodys_to_call(admin: Connection) -> None:
    async with admin.transaction():
        await admin.execute(
            "set local role fleet_migrate; create function fleet.later() returns int language sql as 'select 1'"
        )
        callers = [
            role
            for role in ("public", *ROLES)
            if await admin.fetchval("select has_function_privilege($1, 'fleet.later()', 'execute')", role)
        ]
        await admin.execute("drop function fleet.later()")

    assert callers == ["fleet_migrate"]

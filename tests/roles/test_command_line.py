"""Operators and monitors at the command line, each with their role and nothing else."""

from collections.abc import AsyncIterator

import pytest

from fleet.db import connect
from tests.cli.conftest import Queue, type_command
from tests.roles.guarded import Guarded


@pytest.fixture
async def queue(guarded: Guarded) -> AsyncIterator[Queue]:
    async with connect(guarded.database.url, application="psql") as admin:
        queue = Queue(admin)
        await queue.declare()
        await queue.failed()
        await queue.add()
        yield queue


@pytest.mark.parametrize(
    "typed",
    [
        ("status",),
        ("jobs",),
        ("history",),
        ("why", "1"),
        ("story", "1"),
        ("enqueue", "note"),
        ("pause", "notes"),
        ("resume", "notes"),
        ("reprioritise", "--kind", "note", "--to", "3", "--yes"),
        ("retry", "--kind", "note", "--yes"),
        ("cancel", "--kind", "note", "--yes"),
    ],
)
@pytest.mark.usefixtures("queue")
async def test_an_operator_may_do_everything(guarded: Guarded, typed: tuple[str, ...]) -> None:
    ran = await type_command(*typed, environ=guarded.settings("fleet_operator"))

    assert (ran.code, ran.err) == (0, "")


@pytest.mark.usefixtures("queue")
async def test_a_monitor_sees_the_status_and_no_more(guarded: Guarded) -> None:
    status = await type_command("status", environ=guarded.settings("fleet_monitor"))
    cancel = await type_command("cancel", "1", environ=guarded.settings("fleet_monitor"))

    assert (status.code, status.err) == (0, "")
    assert cancel.code == 78
    assert cancel.err.startswith("fleet: the user of DATABASE_URL may not do this, a member of fleet_operator may")


@pytest.mark.parametrize("role", ["fleet_operator", "fleet_monitor"])
@pytest.mark.usefixtures("queue")
async def test_the_doctor_examines_what_a_role_may_see(guarded: Guarded, role: str) -> None:
    ran = await type_command("doctor", "--json", environ=guarded.settings(role))

    may_not = [finding["check"] for finding in ran.json if finding["found"].startswith("this user may not ask")]
    failed = [finding["found"] for finding in ran.json if "could not be asked" in finding["found"]]
    assert may_not == ([] if role == "fleet_operator" else ["workers"])
    assert failed == []
    roles = [finding["found"] for finding in ran.json if finding["check"] == "roles"]
    assert roles == ["each user has one role, and its limits"]


async def test_a_producer_is_told_which_role_it_takes(guarded: Guarded) -> None:
    ran = await type_command("status", environ=guarded.settings("fleet_enqueue"))

    assert ran.code == 78
    assert "may not read the schema" in ran.err


async def test_only_who_may_change_the_schema_migrates(guarded: Guarded) -> None:
    migrate = await type_command("migrate", environ=guarded.settings("fleet_migrate"))
    operator = await type_command("migrate", environ=guarded.settings("fleet_operator"))

    assert (migrate.code, migrate.err) == (0, "")
    assert operator.code == 78
    assert "as its owner or as a member of fleet_migrate" in operator.err

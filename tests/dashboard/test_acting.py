"""What people do from the pages is done once they have said why, and is on record."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet.db import Connection, connect
from tests.dashboard.conftest import Dashboard, serve
from tests.roles.guarded import Guarded


@pytest.fixture
async def db(seeded: tuple[Guarded, object]) -> AsyncIterator[Connection]:
    async with connect(seeded[0].database.url, application="fleet-tests") as connection:
        yield connection


async def add(db: Connection, count: int, kind: str = "mail") -> list[int]:
    rows = await db.fetch(
        "select added.id from generate_series(1, $1::integer) as n,"
        " fleet.enqueue($2, jsonb_build_object('number', n)) as added",
        *(count, kind),
    )
    return [row["id"] for row in rows]


async def states(db: Connection, jobs: list[int]) -> set[str]:
    return {
        row["state"]
        for row in await db.fetch("select fleet.state_of(id) as state from unnest($1::bigint[]) as id", jobs)
    }


async def newest(db: Connection) -> dict[str, object]:
    row = await db.fetchrow(
        "select what, who, why, jobs, count, session, details from fleet.operator_action order by id desc"
    )
    return dict(row or {})


async def test_a_deed_is_shown_first_and_changes_nothing_yet(dashboard: Dashboard, db: Connection) -> None:
    jobs = await add(db, 3)

    page = await dashboard.post("/act", what="cancel", id=[str(job) for job in jobs])

    assert page.status_code == 200
    assert "Cancel 3 jobs?" in page.text
    assert await states(db, jobs) == {"ready"}


async def test_jobs_are_cancelled_with_a_reason_and_the_record_says_who(dashboard: Dashboard, db: Connection) -> None:
    jobs = await add(db, 3)

    answer = await dashboard.post("/act/do", what="cancel", id=" ".join(map(str, jobs)), why="wrong customer")

    assert answer.status_code == 303, answer.text
    assert await states(db, jobs) == {"cancelled"}
    record = await newest(db)
    assert (record["what"], record["who"], record["why"], record["jobs"]) == ("cancel", "ann", "wrong customer", jobs)
    assert str(record["session"]).endswith("with fleet-dashboard")
    assert record["details"] == '{"became": {"ready → cancelled": 3}}'
    page = await dashboard.text(answer.headers["location"])
    assert "3 ready → cancelled" in page


async def test_without_a_reason_nothing_is_done(dashboard: Dashboard, db: Connection) -> None:
    jobs = await add(db, 1)
    before = await newest(db)

    answer = await dashboard.post("/act/do", what="cancel", id=str(jobs[0]), why="  ")

    # The form again, as it was filled in.
    assert (answer.status_code, "Cancel 1 job?" in answer.text) == (400, True)
    assert await states(db, jobs) == {"ready"}
    assert await newest(db) == before


async def test_jobs_come_back_and_get_another_priority(dashboard: Dashboard, db: Connection) -> None:
    jobs = await add(db, 2)
    await db.execute("select fleet.cancel($1)", jobs)

    await dashboard.post("/act/do", what="retry", id=[str(job) for job in jobs], why="was right after all")
    await dashboard.post("/act/do", what="reprioritise", id=str(jobs[0]), why="urgent", priority="-7")

    assert await states(db, jobs) == {"ready"}
    assert await db.fetchval("select priority from fleet.job where id = $1", jobs[0]) == -7
    assert (await newest(db))["details"] == '{"became": {"ready as before": 1}, "priority": -7}'


async def test_a_queue_is_paused_for_a_while_and_resumed(dashboard: Dashboard, db: Connection) -> None:
    await dashboard.post("/act/do", what="pause", queue="mails", why="deploy", minutes="30")
    row = await db.fetchrow(
        "select pause_reason, resume_at - paused_at as lasting from fleet.queue where name = 'mails'"
    )
    paused = await dashboard.text("/queues/mails")
    await dashboard.post("/act/do", what="resume", queue="mails", why="deployed")

    assert row is not None
    assert (row["pause_reason"], row["lasting"].total_seconds()) == ("deploy", 1800)
    assert re.search(r"Paused .* deploy", paused)
    assert not await db.fetchval("select fleet.is_paused('mails')")


async def test_all_jobs_of_a_search_are_chosen_at_once_and_those_alone(dashboard: Dashboard, db: Connection) -> None:
    await db.execute("select fleet.declare_kind('letter', 'letters', 3, '1 min', '{}', '{}')")
    jobs, other = await add(db, 130, "letter"), await add(db, 1)

    page = await dashboard.post("/act", what="cancel", search="kind=letter&state=waiting")
    [ids] = re.findall(r'name="id" value="([\d ]+)"', page.text)
    await dashboard.post("/act/do", what="cancel", id=ids, why="letters are out of fashion")

    assert "Cancel 130 jobs?" in page.text
    assert await states(db, jobs) == {"cancelled"}
    assert await states(db, other) == {"ready"}


async def test_what_cannot_be_done_is_refused_in_words(dashboard: Dashboard) -> None:
    nonsense = await dashboard.post("/act/do", what="drop", id="1", why="x")
    nothing = await dashboard.post("/act", what="cancel")
    number = await dashboard.post("/act/do", what="cancel", id="ninety", why="x")
    queue = await dashboard.post("/act/do", what="pause", queue="No Queue", why="x")
    far = await dashboard.post("/act/do", what="reprioritise", id="1", why="x", priority="99999")
    high = await dashboard.post("/act/do", what="reprioritise", id="1", why="x", priority="high")

    assert [a.status_code for a in (nonsense, nothing, number, queue, far, high)] == [400, 400, 404, 400, 400, 400]
    assert "nothing chosen" in nothing.text


async def test_a_deed_that_the_database_refuses_leaves_no_record(
    seeded: tuple[Guarded, object], db: Connection, tmp_path: Path
) -> None:
    before = await newest(db)
    # The role of a web application may not cancel.
    async with serve(seeded[0], tmp_path / "log", role="fleet_migrate") as dashboard:
        answer = await dashboard.post("/act/do", what="pause", queue="X" * 80, why="x")

    assert answer.status_code == 400
    assert await newest(db) == before

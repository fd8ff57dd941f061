"""What language models leave behind goes when its days are over."""

from datetime import timedelta

from fleet.db import Connection
from fleet.retention.policy import read_policy
from fleet.retention.sweep import foresee
from fleet.testing.clock import set_clock
from tests.retention.conftest import DAY, NOW, Stored, Sweep

ANSWER = "insert into app.model_answers values ($1, sha256($2), '{a}', $3)"
REQUEST = """
    insert into app.model_requests (job_id, job_token, task, model, tokens_in, tokens_out, cost, started_at)
    values (1, 1, 'classify', 'm', 1, 1, 1, $1)
"""
MOMENT = timedelta(microseconds=1)


async def test_answers_and_requests_go_when_they_are_old_and_as_foreseen(
    conn: Connection, stored: Stored, sweeping: Sweep
) -> None:
    await set_clock(conn, NOW)
    await stored.analysis()
    codebase = await conn.fetchval("select id from app.codebases")
    for number, age in enumerate((90 * DAY, 90 * DAY - MOMENT, 91 * DAY)):
        await conn.execute(ANSWER, codebase, bytes([number]), NOW - age)
    for age in (400 * DAY, 400 * DAY - MOMENT):
        await conn.execute(REQUEST, NOW - age)

    foreseen = await foresee(conn, await read_policy(conn))
    swept = await sweeping()

    assert (foreseen.model_answers, foreseen.model_requests) == (2, 1)
    assert (swept.model_answers, swept.model_requests) == (2, 1)
    assert await conn.fetchval("select count(*) from app.model_answers") == 1
    assert await conn.fetchval("select count(*) from app.model_requests") == 1


async def test_without_a_policy_they_stay(conn: Connection, sweeping: Sweep) -> None:
    await conn.execute("update app.retention_policy set days = null where what like 'model_%'")
    await conn.execute(REQUEST, NOW - 9_000 * DAY)

    await sweeping()

    assert await conn.fetchval("select count(*) from app.model_requests") == 1

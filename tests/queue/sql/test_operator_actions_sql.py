"""What people do is on record, with who did it and why."""

import pytest

from fleet.db import ServerError
from tests.queue.sql.session import NOON, Queue


async def test_an_action_is_on_record_with_who_did_it_and_why(queue: Queue) -> None:
    number = await queue.connection.fetchval(
        "select fleet.record_action('reprioritise', ' a customer waits ', who => 'ann',"
        """ jobs => '{7, 8}', details => '{"priority": -1}')"""
    )

    row = await queue.connection.fetchrow("select * from fleet.operator_action where id = $1", number)
    assert row is not None
    session = await queue.connection.fetchval("select session_user || ' with fleet-tests'")
    assert dict(row) == {
        "id": number,
        "at": NOON,
        "who": "ann",
        "session": session,
        "what": "reprioritise",
        "why": "a customer waits",
        "jobs": [7, 8],
        "count": 2,
        "details": '{"priority": -1}',
    }


async def test_an_action_of_nobody_in_particular_is_the_database_users(queue: Queue) -> None:
    await queue.connection.execute("select fleet.record_action('pause', 'deploy', who => ' ')")

    assert await queue.connection.fetchval(
        "select who = session_user from fleet.operator_action order by id desc limit 1"
    )


async def test_an_action_on_many_jobs_keeps_the_first_thousand_and_counts_all(queue: Queue) -> None:
    await queue.connection.execute(
        "select fleet.record_action('cancel', 'flood', jobs => array(select generate_series(1, 2500)))"
    )

    row = await queue.connection.fetchrow(
        "select count, cardinality(jobs) as kept, jobs[1000] as last"
        " from fleet.operator_action order by id desc limit 1"
    )
    assert row is not None
    assert (row["count"], row["kept"], row["last"]) == (2500, 1000, 1000)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("'cancel', null", "an action has a reason"),
        ("'cancel', '  '", "an action has a reason"),
        ("'cancel', repeat('x', 1025)", "an action has a reason"),
        ("null, 'why'", "NULL is no action"),
        ("'Cancel!', 'why'", "'Cancel!' is no action"),
        ("'cancel', 'why', repeat('x', 257)", "the name of who acts must fit"),
        ("'cancel', 'why', details => '[]'", "the details of an action are an object"),
        ("'cancel', 'why', details => null", "the details of an action are an object"),
    ],
)
async def test_an_action_without_a_name_or_a_reason_is_refused(queue: Queue, arguments: str, sentence: str) -> None:
    with pytest.raises(ServerError, match=sentence) as refused:
        await queue.connection.execute(f"select fleet.record_action({arguments})")

    assert refused.value.sqlstate == "FL002"


async def test_an_action_that_is_taken_back_leaves_no_record(queue: Queue) -> None:
    before = await queue.connection.fetchval("select count(*) from fleet.operator_action")
    acting = queue.connection.transaction()
    await acting.start()
    await queue.connection.execute("select fleet.record_action('pause', 'deploy')")

    await acting.rollback()

    assert await queue.connection.fetchval("select count(*) from fleet.operator_action") == before

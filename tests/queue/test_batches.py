"""Many typed jobs at once: in one statement, or as a stream."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import pytest

from fleet.db import Connection, Pool
from fleet.errors import InvalidJob, UnknownKind
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.enqueue import declare, enqueue, enqueue_many
from fleet.queue.job import Job, Policy
from fleet.testing.until import until
from tests.queue.asleep import sleep_on_everything

MINUTE = timedelta(minutes=1)


class Letter(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "letter"
    queue: ClassVar[str] = "letters"
    policy: ClassVar[Policy] = Policy(max_attempts=7)

    to: str
    note: Any = None


class Parcel(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "parcel"
    queue: ClassVar[str] = "parcels"
    unique_by: ClassVar[tuple[str, ...]] = ("to",)

    to: str
    weight: int = 0


@pytest.fixture
async def conn(conn: Connection) -> Connection:
    await declare(conn, [Letter, Parcel])
    return conn


async def _all(conn: Connection) -> list[tuple[Any, ...]]:
    rows = await conn.fetch(
        "select kind, queue, state::text, priority, args::text, max_attempts, run_at - enqueued_at"
        " from fleet.job order by id"
    )
    return [tuple(row) for row in rows]


class TestEnqueueMany:
    async def test_the_answers_come_in_the_order_of_the_jobs(self, conn: Connection) -> None:
        there = await enqueue(conn, Parcel(to="Ada"))

        answers = await enqueue_many(conn, [Letter(to="ü"), Parcel(to="Ada"), Parcel(to="Bob"), Parcel(to="Bob")])

        assert [answer.inserted for answer in answers] == [True, False, True, False]
        assert answers[1].id == there.id
        assert answers[2].id == answers[3].id
        assert await conn.fetchval("select args ->> 'to' from fleet.job where id = $1", answers[0].id) == "ü"

    async def test_the_options_are_those_of_each(self, conn: Connection) -> None:
        trace = f"00-{'a' * 32}-{'b' * 16}-01"

        await enqueue_many(
            conn, [Letter(to="a")] * 2, queue="urgent", priority=-2, max_attempts=2, delay=MINUTE, traceparent=trace
        )

        row = ("letter", "urgent", "scheduled", -2, '{"to": "a", "note": null}', 2, MINUTE)
        assert await _all(conn) == [row] * 2
        assert await conn.fetchval("select min(traceparent) from fleet.job") == trace

    @pytest.mark.parametrize("run_at", [datetime(2100, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, 2, 3, 4, 5, tzinfo=UTC)])
    async def test_a_time_arrives_to_the_microsecond(self, conn: Connection, run_at: datetime) -> None:
        await enqueue_many(conn, [Letter(to="a")], run_at=run_at)

        assert await conn.fetchval("select run_at from fleet.job") == run_at

    async def test_what_waits_is_replaced_when_the_caller_says_so(self, conn: Connection) -> None:
        await enqueue(conn, Parcel(to="Ada", weight=1))

        await enqueue_many(conn, [Parcel(to="Ada", weight=2), Parcel(to="Ada", weight=3)], on_conflict="replace")

        assert await conn.fetchval("select args ->> 'weight' from fleet.job") == "3"

    async def test_no_jobs_are_enqueued_as_nothing(self, conn: Connection) -> None:
        assert await enqueue_many(conn, []) == []

    @pytest.mark.parametrize(
        "named",
        [
            {"priority": 2**70},
            {"max_attempts": 0},
            {"queue": "Not A Word"},
            {"traceparent": "x"},
            {"delay": timedelta.max},
        ],
        ids=ascii,
    )
    async def test_a_value_that_the_queue_refuses_is_the_callers_error(
        self, conn: Connection, named: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidJob) as refusal:
            await enqueue_many(conn, [Letter(to="private")], **named)

        assert "private" not in str(refusal.value)
        assert await _all(conn) == []


class TestEnqueueBulk:
    async def test_a_stream_of_jobs_arrives_as_each_would_alone(self, conn: Connection) -> None:
        options: dict[str, Any] = {"priority": -2, "max_attempts": 2, "delay": MINUTE}
        alone = [await enqueue(conn, Letter(to=f"ü{number}"), **options) for number in range(3)]
        expected = await _all(conn)
        await conn.execute("delete from fleet.job")

        count = await enqueue_bulk(conn, (Letter(to=f"ü{number}") for number in range(3)), **options)

        assert count == len(alone)
        assert await _all(conn) == expected

    async def test_each_job_begins_a_trace_of_its_own(self, conn: Connection) -> None:
        await enqueue_bulk(conn, [Letter(to="a")] * 250)

        assert await conn.fetchval("select count(distinct traceparent) from fleet.job") == 250

    async def test_a_stream_of_several_copies_arrives_whole_and_in_its_order(self, conn: Connection) -> None:
        count = await enqueue_bulk(conn, (Letter(to=str(number)) for number in range(20_001)))

        arrived = await conn.fetch("select args ->> 'to' as number from fleet.job order by id")
        assert count == 20_001
        assert [row["number"] for row in arrived] == [str(number) for number in range(20_001)]

    async def test_a_stream_that_breaks_takes_what_came_before_with_it(self, conn: Connection) -> None:
        def broken() -> Iterator[Letter]:
            yield from (Letter(to="a") for _ in range(10_001))
            raise LookupError("no more letters")

        with pytest.raises(LookupError, match="no more letters"):
            await enqueue_bulk(conn, broken())

        assert await _all(conn) == []
        assert await enqueue_bulk(conn, [Letter(to="b")]) == 1

    async def test_a_job_without_delay_is_ready(self, conn: Connection) -> None:
        await enqueue_bulk(conn, [Letter(to="a")], queue="urgent")

        row = ("letter", "urgent", "ready", 0, '{"to": "a", "note": null}', 7, timedelta(0))
        assert await _all(conn) == [row]

    @pytest.mark.parametrize(("year", "state"), [(2019, "ready"), (2100, "scheduled")])
    async def test_jobs_may_be_for_a_time(self, conn: Connection, year: int, state: str) -> None:
        run_at = datetime(year, 1, 1, 2, 3, 4, 5, tzinfo=UTC)

        await enqueue_bulk(conn, [Letter(to="a")], run_at=run_at)

        assert await conn.fetchval("select run_at from fleet.job") == run_at
        assert await conn.fetchval("select state::text from fleet.job") == state

    async def test_a_delay_and_a_time_are_refused_together(self, conn: Connection) -> None:
        with pytest.raises(InvalidJob, match="either delay or run_at"):
            await enqueue_bulk(conn, [Letter(to="a")], run_at=datetime(2100, 1, 1, tzinfo=UTC), delay=MINUTE)

        assert await _all(conn) == []

    async def test_jobs_go_with_their_callers_rollback(self, conn: Connection) -> None:
        transaction = conn.transaction()
        await transaction.start()
        await enqueue_bulk(conn, [Letter(to="a")])
        await transaction.rollback()

        assert await _all(conn) == []

    async def test_workers_are_woken_once(self, conn: Connection, pool: Pool) -> None:
        heard: list[object] = []
        await conn.add_listener("fleet_wake", lambda *notification: heard.append(notification[-1]))
        await sleep_on_everything(conn)

        async with pool.acquire() as other:
            await enqueue_bulk(other, [Letter(to="a")] * 1000)
            await other.execute("notify fleet_wake, 'that was all'")

        await until(partial(_has, heard, "that was all"))
        assert heard == ["letters", "that was all"]

    async def test_a_kind_with_a_unique_key_is_refused(self, conn: Connection) -> None:
        with pytest.raises(InvalidJob, match="enqueue_many"):
            await enqueue_bulk(conn, [Letter(to="a"), Parcel(to="b")])

        assert await _all(conn) == []

    async def test_a_kind_nobody_declared_is_refused(self, conn: Connection) -> None:
        class Postcard(Letter, frozen=True, kw_only=True):
            kind: ClassVar[str] = "postcard"

        with pytest.raises(UnknownKind, match="letter"):
            await enqueue_bulk(conn, [Letter(to="a"), Postcard(to="b")])

        assert await _all(conn) == []

    @pytest.mark.parametrize(
        ("job", "named"),
        [
            (Letter(to="private", note="a\x00b"), {}),
            (Letter(to="private", note="x" * 300_000), {}),
            (Letter(to="private"), {"queue": "Not A Word"}),
            (Letter(to="private"), {"queue": "nul\x00"}),
            (Letter(to="private"), {"priority": 40_000}),
            (Letter(to="private"), {"max_attempts": 0}),
            (Letter(to="private"), {"traceparent": "x"}),
            (Letter(to="private"), {"run_at": datetime(1066, 1, 1, tzinfo=UTC)}),
            (Letter(to="private"), {"delay": timedelta.max}),
            (Letter(to="private"), {"delay": timedelta(days=200_000)}),
        ],
        ids=lambda value: ascii(value)[:60],
    )
    async def test_a_job_that_the_queue_refuses_takes_the_others_with_it(
        self, conn: Connection, job: Letter, named: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidJob) as refusal:
            await enqueue_bulk(conn, [Letter(to="a"), job], **named)

        assert "private" not in str(refusal.value)
        assert await _all(conn) == []


async def _has(heard: list[object], payload: str) -> bool:
    return payload in heard

"""One handler on one job, without a database."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import anyio
import msgspec
import pytest

from fleet.db import Connection
from fleet.errors import Fail, InvalidJob, LeaseLost, Retry, Snooze
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.outcome import Failed, Finished, Lost, Snoozed
from fleet.testing.work import Progress, work
from tests.testing.shop import Pack, Parcel, pack


class Visit(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "visit"
    queue: ClassVar[str] = "visits"
    policy: ClassVar[Policy] = Policy(time_limit=timedelta(milliseconds=50))

    at: datetime


async def test_a_handler_gets_its_job_as_a_worker_would_give_it() -> None:
    given: list[Visit] = []

    async def visit(job: Visit, _: Context) -> None:
        given.append(job)

    job = Visit(at=datetime(2026, 3, 1, tzinfo=UTC))
    worked = await work(visit, job)

    assert worked.result is None
    assert given == [job]
    assert given[0] is not job


async def test_the_result_is_what_is_read_back() -> None:
    worked = await work(pack, Pack(order=7), attempt=2)

    assert worked.result == Parcel(order=7, attempt=2)


async def test_a_result_that_does_not_survive_being_stored_is_found_out() -> None:
    async def wrong(job: Pack, _: Context) -> Parcel:
        return Parcel(order=job.order, attempt="first")  # type: ignore[arg-type]  # what is to be found out

    worked = await work(wrong, Pack(order=7))

    with pytest.raises(msgspec.ValidationError, match=r"\$\.attempt"):
        _ = worked.result


async def test_a_job_that_the_queue_would_refuse_is_refused() -> None:
    with pytest.raises(InvalidJob, match=r"\$\.order"):
        await work(pack, Pack(order="seven"))  # type: ignore[arg-type]  # what is to be refused


async def test_what_a_handler_raises_is_the_failure_of_the_job() -> None:
    error = ValueError("no paper left")

    async def fails(_job: Pack, _: Context) -> Parcel:
        raise error

    worked = await work(fails, Pack(order=7))

    assert worked.raised is error
    assert isinstance(worked.outcome, Failed)
    assert (worked.outcome.error_class, worked.outcome.error_message) == ("ValueError", "no paper left")
    assert worked.again is not None
    assert timedelta(0) <= worked.again <= timedelta(hours=1)
    with pytest.raises(AssertionError, match="no paper left") as missing:
        _ = worked.result
    assert missing.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Retry("the carrier is full", after=timedelta(minutes=5)), timedelta(minutes=5)),
        (Snooze("the shop is closed", after=timedelta(hours=9)), timedelta(hours=9)),
        (Fail("there is no such order"), None),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_how_a_handler_ends_its_attempt_is_named(error: Exception, again: timedelta | None) -> None:
    async def ends(_job: Pack, _: Context) -> Parcel:
        raise error

    worked = await work(ends, Pack(order=7))

    assert worked.raised is error
    assert isinstance(worked.outcome, Snoozed if isinstance(error, Snooze) else Failed)
    assert worked.again == again


async def test_a_handler_that_overstays_is_cancelled() -> None:
    async def stays(_job: Visit, _: Context) -> None:
        await anyio.sleep_forever()

    worked = await work(stays, Visit(at=datetime(2026, 3, 1, tzinfo=UTC)))

    assert isinstance(worked.outcome, Failed)
    assert worked.outcome.error_class == "TimeLimitExceeded"


async def test_all_progress_is_seen_however_fast_it_is() -> None:
    async def reports(_job: Pack, context: Context) -> None:
        await context.progress(1, 2, "pack")
        await context.progress(2, 2, "pack")

    worked = await work(reports, Pack(order=7))

    assert worked.progress == [Progress(1, 2, "pack"), Progress(2, 2, "pack")]


async def test_a_handler_sees_its_attempt_and_that_the_worker_stops() -> None:
    seen = []

    async def look(_job: Pack, context: Context) -> None:
        seen.append((context.attempt, context.max_attempts, context.stopping))

    await work(look, Pack(order=7), attempt=3, stopping=True)

    assert seen == [(3, 3, True)]


async def test_a_handler_that_finishes_in_its_own_transaction_is_finished(conn: Connection) -> None:
    async def finishes(job: Pack, context: Context) -> None:
        async with conn.transaction():
            await context.finish(conn, Parcel(order=job.order, attempt=1))

    worked = await work(finishes, Pack(order=7))

    assert worked.outcome == Finished()
    assert worked.result == Parcel(order=7, attempt=1)


async def test_a_lost_job_can_neither_report_nor_finish(conn: Connection) -> None:
    async def finishes(job: Pack, context: Context) -> None:
        async with conn.transaction():
            await conn.execute("insert into packed values (7)")
            await context.finish(conn, Parcel(order=job.order, attempt=1))

    async def reports(_job: Pack, context: Context) -> None:
        await context.progress(1, 2, "pack")

    for handler in (finishes, reports):
        worked = await work(handler, Pack(order=7), lost=True)
        assert worked.outcome == Lost()
        assert isinstance(worked.raised, LeaseLost)
    assert await conn.fetchval("select count(*) from packed") == 0

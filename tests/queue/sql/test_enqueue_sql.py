"""fleet.enqueue: a job in the caller's transaction, once for each unique key."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import pytest

from fleet.db import RefusedValue, Row, ServerError, UniqueViolation
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.queue.sql.session import NOON, Queue, open_queue


async def test_a_job_takes_the_queue_and_the_attempts_of_its_kind(queue: Queue) -> None:
    await queue.declare("page", queue="pages", max_attempts=7)

    job = await queue.live(await queue.add("page", '{"of": "book"}'))

    assert job is not None
    assert (job["kind"], job["queue"], job["max_attempts"], job["args"]) == ("page", "pages", 7, '{"of": "book"}')
    assert (job["state"], job["attempt"], job["token"], job["enqueued_at"]) == ("ready", 0, 0, NOON)


async def test_what_the_caller_asks_for_goes_before_the_kind(queue: Queue) -> None:
    job = await queue.live(await queue.add(queue="urgent", max_attempts=1, priority=-5))

    assert job is not None
    assert (job["queue"], job["max_attempts"], job["priority"]) == ("urgent", 1, -5)


async def test_a_job_exists_when_its_transaction_commits(queue: Queue, database: Database) -> None:
    async with open_queue(database.url) as other:
        async with queue.connection.transaction():
            job = await queue.add()
            assert await other.live(job) is None

        assert await other.live(job) is not None


async def test_a_job_goes_with_its_callers_rollback(queue: Queue) -> None:
    transaction = queue.connection.transaction()
    await transaction.start()
    job = await queue.add(unique_key="k")
    await transaction.rollback()

    assert await queue.live(job) is None
    assert (await queue.enqueue(unique_key="k"))["inserted"]


async def test_a_delay_schedules_a_job(queue: Queue) -> None:
    job = await queue.live(await queue.add(delay=timedelta(minutes=5)))

    assert job is not None
    assert (job["state"], job["run_at"]) == ("scheduled", NOON + timedelta(minutes=5))


async def test_a_time_ahead_schedules_a_job(queue: Queue) -> None:
    job = await queue.live(await queue.add(run_at=NOON + timedelta(microseconds=1)))

    assert job is not None
    assert job["state"] == "scheduled"


@pytest.mark.parametrize("run_at", [NOON, NOON - timedelta(days=400)])
async def test_a_time_that_has_come_does_not_schedule_a_job(queue: Queue, run_at: datetime) -> None:
    assert await queue.state(await queue.add(run_at=run_at)) == "ready"


async def test_a_job_with_a_fair_key_is_written_once(queue: Queue) -> None:
    async with queue.connection.transaction():
        await queue.add(fair_key="psf")
        await queue.connection.execute("""select fleet.enqueue_many('[{"kind": "note", "fair_key": "psf"}]')""")

        # What the trigger corrects is a row more for the vacuum.
        assert await queue.connection.fetchval("select pg_stat_get_xact_tuples_updated('fleet.job'::regclass)") == 0


async def test_delay_and_run_at_exclude_each_other(queue: Queue) -> None:
    with pytest.raises(ServerError, match="either delay or run_at") as refusal:
        await queue.enqueue(delay=timedelta(1), run_at=NOON)

    assert refusal.value.sqlstate == "FL002"


async def test_a_job_without_a_trace_gets_one(queue: Queue) -> None:
    job = await queue.live(await queue.add())

    assert job is not None
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", job["traceparent"])


@pytest.mark.parametrize("kind", ["ghost", "", None, "x" * 10_000, "'; drop table fleet.job; --", "\u202e", "../note"])
async def test_an_unknown_kind_is_refused_with_the_known_ones(queue: Queue, kind: str | None) -> None:
    with pytest.raises(ServerError, match="unknown kind") as refusal:
        await queue.enqueue(kind)

    assert refusal.value.sqlstate == "FL001"
    assert "Known kinds: note" in str(refusal.value)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize("args", [None, "null", "[]", '"text"', "1", "true"])
async def test_arguments_that_are_not_an_object_are_refused(queue: Queue, args: str | None) -> None:
    with pytest.raises(ServerError, match="args must be a JSON object") as refusal:
        await queue.enqueue(args=args)

    assert refusal.value.sqlstate == "FL002"


async def test_arguments_above_256_kib_are_refused(queue: Queue) -> None:
    within = f'{{"a": "{"x" * (262_144 - 9)}"}}'
    await queue.add(args=within)

    with pytest.raises(ServerError, match="256 KiB") as refusal:
        await queue.enqueue(args=within.replace('"}', 'x"}'))

    assert refusal.value.sqlstate == "FL002"


@pytest.mark.parametrize(
    "named",
    [
        {"priority": 32_768},
        {"max_attempts": 0},
        {"max_attempts": 1001},
        {"unique_key": ""},
        {"unique_key": "k" * 1025},
        {"queue": "q" * 64},
        {"queue": "Not A Word"},
        {"traceparent": "00-zz-1"},
        {"run_at": datetime(1999, 12, 31, tzinfo=UTC)},
        {"run_at": datetime(2200, 1, 1, 0, 0, 1, tzinfo=UTC)},
        {"delay": timedelta(days=999_999)},
    ],
    ids=str,
)
async def test_a_value_that_makes_no_sense_is_refused_and_changes_nothing(
    queue: Queue, named: dict[str, object]
) -> None:
    with pytest.raises((ServerError, *RefusedValue)):
        await queue.enqueue("note", "{}", **named)

    assert await queue.everything() == []


class TestUniqueKeys:
    async def test_a_second_job_with_the_key_is_the_first(self, queue: Queue) -> None:
        first = await queue.enqueue(unique_key="k")

        second = await queue.enqueue(unique_key="k", args='{"other": 1}')

        assert first["inserted"]
        assert (second["id"], second["inserted"]) == (first["id"], False)

    async def test_keys_of_different_kinds_do_not_meet(self, queue: Queue) -> None:
        await queue.declare("page")
        jobs = {kind: await queue.add(kind, unique_key="k") for kind in ("note", "page")}

        assert jobs["note"] != jobs["page"]
        assert {kind: await queue.add(kind, unique_key="k") for kind in jobs} == jobs

    @pytest.mark.parametrize("state", ["ready", "scheduled", "running"])
    async def test_a_key_is_taken_while_its_job_lives(self, queue: Queue, state: str) -> None:
        delay = timedelta(hours=1) if state == "scheduled" else None
        job = await queue.add(unique_key="k", delay=delay)
        if state == "running":
            await queue.claim(await queue.worker())
        assert await queue.state(job) == state

        again = await queue.enqueue(unique_key="k")

        assert (again["id"], again["inserted"]) == (job, False)

    async def test_a_key_is_free_when_its_job_has_ended(self, queue: Queue) -> None:
        await queue.finish(await queue.claimed(unique_key="k"))

        assert (await queue.enqueue(unique_key="k"))["inserted"]

    async def test_a_failed_attempt_keeps_its_key(self, queue: Queue) -> None:
        claim = await queue.claimed(unique_key="k")
        await queue.fail(claim, delay=timedelta(minutes=1))

        again = await queue.enqueue(unique_key="k")
        await queue.advance(timedelta(minutes=2))

        assert (again["id"], again["inserted"]) == (claim["id"], False)
        assert [row["id"] for row in await queue.claim(await queue.worker(), 5)] == [claim["id"]]

    async def test_the_kinds_arguments_make_the_key(self, queue: Queue) -> None:
        await queue.declare("page", unique_by=["book", "number"])
        first = await queue.add("page", '{"book": "b", "number": 1, "note": "x"}')

        same = await queue.enqueue("page", '{"number": 1, "note": "y", "book": "b"}')
        other = await queue.enqueue("page", '{"book": "b", "number": 2}')

        assert (same["id"], same["inserted"]) == (first, False)
        assert other["inserted"]

    async def test_an_argument_left_out_counts_as_its_default(self, queue: Queue) -> None:
        await queue.declare("page", unique_by=["book", "number"], defaults='{"number": 1}')
        first = await queue.add("page", '{"book": "b"}')

        assert (await queue.enqueue("page", '{"book": "b", "number": 1}'))["id"] == first
        assert (await queue.enqueue("page", '{"book": "b", "number": null}'))["inserted"]

    async def test_swapped_values_are_another_key(self, queue: Queue) -> None:
        await queue.declare("page", unique_by=["a", "b"])
        await queue.add("page", '{"a": "x", "b": "y"}')

        assert (await queue.enqueue("page", '{"a": "y", "b": "x"}'))["inserted"]

    async def test_many_connections_that_enqueue_one_key_get_one_job(self, queue: Queue, database: Database) -> None:
        rows: list[Row] = []
        gate = anyio.Event()

        async def enqueue() -> None:
            async with open_queue(database.url) as other:
                await gate.wait()
                rows.extend([await other.enqueue(unique_key="k") for _ in range(5)])

        async with anyio.create_task_group() as tasks:
            for _ in range(16):
                tasks.start_soon(enqueue)
            gate.set()

        assert len({row["id"] for row in rows}) == 1
        assert sum(row["inserted"] for row in rows) == 1
        assert await queue.connection.fetchval("select count(*) from fleet.job") == 1

    async def test_enqueuing_a_key_while_its_jobs_end_never_fails(self, queue: Queue, database: Database) -> None:
        worker = await queue.worker()
        inserted: list[int] = []
        done = anyio.Event()

        async def enqueue() -> None:
            async with open_queue(database.url) as other:
                while not done.is_set():
                    row = await other.enqueue(unique_key="k")
                    inserted.extend([row["id"]] if row["inserted"] else [])

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(enqueue)
            ended = 0
            while ended < 30:
                ended += len(await queue.finish(*await queue.claim(worker, 2)))
            done.set()

        live = await queue.connection.fetchval("select count(*) from fleet.job")
        assert len(inserted) == len(set(inserted)) == ended + live
        assert live <= 1

    async def test_a_key_enqueued_by_a_transaction_that_rolls_back_goes_to_the_one_that_waits(
        self, queue: Queue, database: Database
    ) -> None:
        rows: list[Row] = []
        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.add(unique_key="k")

        async with (
            open_queue(database.url) as watcher,
            open_queue(database.url) as other,
            anyio.create_task_group() as tasks,
        ):

            async def enqueue() -> None:
                rows.append(await other.enqueue(unique_key="k"))

            tasks.start_soon(enqueue)
            await until(partial(watcher.is_waiting, other))
            await transaction.rollback()

        assert [row["inserted"] for row in rows] == [True]

    async def test_the_table_itself_refuses_a_second_job_with_the_key(self, queue: Queue) -> None:
        await queue.add(unique_key="k")

        with pytest.raises(UniqueViolation):
            await queue.connection.execute(
                "insert into fleet.job (kind, queue, unique_key) values ('note', 'notes', 'k')"
            )

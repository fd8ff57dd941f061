"""Every statement inside the queue's functions finds its rows by the index that is there for it.

auto_explain reports what the functions really run, so that a statement and its test cannot drift apart.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from fleet.db import Connection, Row
from fleet.testing.database import Database, Template
from fleet.testing.until import until
from tests.queue.sql.session import LEASE, Queue, open_queue

RUNNING = 1000
DEAD, ALIVE = UUID(int=1), UUID(int=2)


class Plans:
    """The plans of the statements that a session ran."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts: list[str] = []
        self.listening = False

    async def listen(self) -> None:
        self._connection.add_log_listener(lambda _connection, message: self._texts.append(message.as_dict()["message"]))
        await self._connection.execute(
            "load 'auto_explain'; set client_min_messages = log; set auto_explain.log_min_duration = 0;"
            "set auto_explain.log_nested_statements = on"
        )
        self.listening = True

    async def of(self, part: str) -> str:
        """Return the plan of the one statement whose text has *part* in it."""

        async def found() -> list[str]:
            return [text for text in self._texts if part in " ".join(text.partition("\nUpdate on")[0].split())]

        return (await until(found, what=f"a plan of: {part}"))[-1]

    def text(self) -> str:
        return "\n".join(self._texts)

    def scans(self) -> str:
        """All scans of the table of jobs, one a line."""
        return self.scans_of("job")

    def scans_of(self, table: str) -> str:
        lines = [line.strip() for text in self._texts for line in text.splitlines()]
        return "\n".join(line for line in lines if "Scan" in line and f" on {table} " in f"{line} ")


@pytest.fixture(scope="module", params=["analyzed", "never analyzed", "analyzed while none ran"])
async def busy(template: Template, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """20,000 ready, 5,000 scheduled and 1,000 running jobs; or the same, as the planner sees it after a burst."""
    async with template.copy() as database, open_queue(database.url) as queue:
        connection = queue.connection
        await queue.declare("note")
        if request.param == "never analyzed":
            await connection.execute("alter table fleet.job set (autovacuum_enabled = off); analyze fleet.job")
        await connection.execute(_FILL)
        if request.param == "analyzed while none ran":
            await connection.execute("alter table fleet.job set (autovacuum_enabled = off); analyze")
        await connection.execute(_FILL_RUNNING)
        if request.param == "analyzed":
            await connection.execute("analyze")
        yield database


_FILL = f"""
    insert into fleet.queue (name, paused_at, paused_by, resume_at)
    select 'queue_' || n, fleet.now(), 'somebody', fleet.now() + interval '1 h' from generate_series(1, 2000) as n;
    select fleet.register_worker('{DEAD}', 's', 'r', 'v', 1, '{{notes}}', '{{note}}', '15 s');
    select fleet.register_worker('{ALIVE}', 's', 'r', 'v', 1, '{{notes}}', '{{note}}', '1 day');
    insert into fleet.job (kind, queue, priority, unique_key, enqueued_at)
    select 'note', (array['notes', 'pages'])[1 + n % 2], n % 3, 'k' || n, fleet.now()
    from generate_series(1, 20000) as n;
    insert into fleet.job (kind, queue, state, run_at)
    select 'note', 'notes', 'scheduled', fleet.now() + n * interval '1 s' from generate_series(1, 5000) as n
"""
_FILL_RUNNING = f"""
    insert into fleet.job (kind, queue, state, worker, claimed_at, attempt, token)
    select 'note', 'notes', 'running', (array['{DEAD}', '{ALIVE}'])[1 + n % 2]::uuid, fleet.now(), 1, 1
    from generate_series(1, {RUNNING}) as n
"""


@pytest.fixture(params=["auto", "force_generic_plan"])
async def planned(busy: Database, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Queue, Plans]]:
    """A session whose plans are seen, and whose changes are rolled back."""
    async with open_queue(busy.url) as queue:
        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.connection.execute(f"set plan_cache_mode = {request.param}")
        plans = Plans(queue.connection)
        await plans.listen()
        yield queue, plans
        await transaction.rollback()


async def _held(queue: Queue, count: int = 50) -> list[Row]:
    """So many running jobs; finding them is not what a test explains."""
    await queue.connection.execute("load 'auto_explain'; set auto_explain.log_min_duration = -1")
    held = await queue.connection.fetch("select id, token from fleet.held_by($1) limit $2", ALIVE, count)
    await queue.connection.execute("set auto_explain.log_min_duration = 0")
    return held


async def test_claim_reads_the_head_of_a_queue(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert len(await queue.claim(ALIVE, 50)) == 50

    plan = await plans.of("update fleet.job as taken")
    assert "Index Scan using job_ready on job head" in plan
    # Of what was claimed before, a claim that says how far it had got reads nothing.
    assert re.search(r"Index Cond: .*ROW\(priority, id\) > ", plan)
    assert "job_pkey" in plan
    assert "Sort" not in plan
    assert "Seq Scan on job" not in plans.scans()


async def _of_a_claim(planned: tuple[Queue, Plans], free: int) -> Plans:
    """The plans of a claim, once all of them are known."""
    queue, plans = planned
    await queue.claim(ALIVE, free)
    # Within a transaction, a statement ends when the next one begins.
    await queue.connection.fetchval("select 1")
    await plans.of("from fleet.claim(")
    return plans


async def test_a_claim_does_nothing_that_nobody_needs(planned: tuple[Queue, Plans]) -> None:
    plans = await _of_a_claim(planned, 50)

    assert "using job_quarantined on job" in await plans.of("exists (select from fleet.job where crashes >= 2")
    text = " ".join(plans.text().split())
    steps = ("with orphan as", "order by job.id limit p_limit for", "select waiting.* from", "update fleet.meter")
    assert [step for step in steps if step in text] == []


async def test_a_session_makes_the_plans_of_its_claims_once(busy: Database) -> None:
    async with open_queue(busy.url) as queue:
        planned: list[str] = []
        queue.connection.add_log_listener(lambda _connection, message: planned.append(message.as_dict()["message"]))
        transaction = queue.connection.transaction()
        await transaction.start()
        # So many that some of them have looked for what has waited too long.
        for _ in range(100):
            await queue.claim(ALIVE, 1)
        await queue.connection.execute("set client_min_messages = log; set log_planner_stats = on")
        for free in (1, 50, 500):
            assert len(await queue.claim(ALIVE, free)) == free
        await queue.connection.execute("set log_planner_stats = off")
        await transaction.rollback()

    assert "PLANNER STATISTICS" not in planned


async def test_without_a_free_slot_a_claim_does_not_look_at_jobs(planned: tuple[Queue, Plans]) -> None:
    assert "job_ready" not in (await _of_a_claim(planned, 0)).text()


async def test_without_room_under_its_limit_a_claim_does_not_look_at_jobs(planned: tuple[Queue, Plans]) -> None:
    queue, _ = planned
    await queue.connection.execute(f"select fleet.limit_queue('notes', {RUNNING})")

    plans = await _of_a_claim(planned, 50)

    assert await plans.of("of_queue.max_running - (")
    assert "job_ready" not in plans.text()


async def test_what_runs_is_counted_for_a_limit_of_what_runs_and_while_the_rate_leaves_room(
    planned: tuple[Queue, Plans],
) -> None:
    queue, _ = planned
    await queue.connection.execute("select fleet.limit_rate('notes', 10, '1 min')")
    await _of_a_claim(planned, 50)
    await queue.connection.execute(f"select fleet.limit_queue('notes', {2 * RUNNING})")

    plans = await _of_a_claim(planned, 50)

    assert "of_queue.max_running - (" not in plans.text()


async def test_a_claim_looks_for_what_is_to_run_alone_in_an_index_of_its_own(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.connection.execute("update fleet.job set crashes = 2 where id = 7")

    await queue.claim(ALIVE, 50, queues=["pages", "notes"])

    assert "using job_quarantined on job waiting" in await plans.of("select waiting.* from")
    assert "job_running" in await plans.of("select live.id, live.jobs")
    mine = await plans.of("mine.worker = quarantine.worker")
    assert "using job_quarantined on job mine" in mine or "using job_running on job mine" in mine
    assert "Seq Scan on job" not in plans.scans()


async def test_claim_looks_up_by_its_name_whether_a_queue_is_paused(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert await queue.claim(ALIVE, 50, queues=["pages", "queue_7"]) != []

    lookups = plans.scans_of("queue")
    assert lookups
    assert "Seq Scan" not in lookups
    assert "using queue_pkey on queue known" in lookups


async def test_a_paused_queue_costs_the_claim_no_look_at_its_jobs(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.pause("notes")
    await queue.claim(ALIVE, 50, queues=["pages"])
    before = plans.scans().count("job_ready")

    assert await queue.claim(ALIVE, 50, queues=["notes"]) == []

    await plans.of("select exists ( select from fleet.queue as known where known.name = $1")
    assert plans.scans().count("job_ready") == before


async def test_promote_reads_what_is_due(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.advance(timedelta(seconds=10))

    assert await queue.promote() == 10

    assert "job_scheduled" in await plans.of("with promoted as")
    assert "Seq Scan on job" not in plans.scans()


async def test_rescue_reads_what_a_dead_worker_ran(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.advance(LEASE)

    assert await queue.rescue() == RUNNING / 2

    assert "job_running" in await plans.of("with orphan as")
    assert "using job_quarantined on job" in await plans.of("exists (select from fleet.job where crashes >= 2")
    assert "Seq Scan on job" not in plans.scans()


async def test_a_rescue_stops_at_its_limit(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    # A plan for this array may sort the few jobs that it expects.
    await queue.connection.execute("set plan_cache_mode = force_generic_plan")
    await queue.advance(LEASE)

    assert await queue.connection.fetchval("select fleet.rescue(10)") == 10

    assert "Sort" not in await plans.of("with orphan as")


async def test_held_by_reads_what_a_worker_runs(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert len(await queue.held_by(ALIVE)) == RUNNING / 2

    assert "job_running" in await plans.of(
        "select job.id, job.token, job.cancel_requested_at is not null from fleet.job as job"
    )
    assert "Seq Scan on job" not in plans.scans()


async def test_next_due_reads_one_row(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert await queue.next_due() == 1

    plan = await plans.of("as ahead")
    assert "using job_scheduled on job" in plan
    assert "using queue_resume on queue" in plan
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize("count", [50, 500])
@pytest.mark.parametrize("ending", ["finish", "fail", "snooze", "release"])
async def test_an_ending_finds_each_job_by_its_id(planned: tuple[Queue, Plans], ending: str, count: int) -> None:
    queue, plans = planned
    held = await _held(queue, count)

    accepted = await getattr(queue, ending)(*held)
    lost = await getattr(queue, ending)(*held)

    assert (len(accepted), lost) == (count, [])
    assert await plans.of("ended")
    scans = plans.scans().splitlines()
    assert scans
    assert [line for line in scans if "Index Scan using job_pkey on job" not in line] == []
    # And not all of the index for the one job that is expected to run.
    assert re.findall(r"job_pkey on job .*\n(?!\s+Index Cond: ).*", plans.text()) == []


@pytest.mark.parametrize(
    ("ending", "named"), [("fail", {"delay": timedelta(seconds=1)}), ("snooze", {}), ("release", {})]
)
async def test_where_no_job_ends_none_is_looked_for(
    planned: tuple[Queue, Plans], ending: str, named: dict[str, object]
) -> None:
    queue, plans = planned

    await getattr(queue, ending)(*await _held(queue), **named)

    assert await plans.of("with waiting as")
    assert "delete from fleet.job as job" not in plans.text()


async def test_a_retry_that_is_put_off_finds_its_job_by_its_id(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.declare("note", retries_per_minute=10)

    await queue.fail(*await _held(queue), delay=timedelta(seconds=1))

    assert await plans.of("row_number() over")
    assert await queue.connection.fetchval("select put_off from fleet.retries") == 40
    scans = [line for line in plans.scans().splitlines() if "job_put_off" not in line]
    assert scans
    assert [line for line in scans if "Index Scan using job_pkey on job" not in line] == []


async def test_the_successes_of_a_kind_that_has_not_failed_write_nothing(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    await queue.fail(*await _held(queue), delay=timedelta(seconds=1), successes={"page": 7})

    # Within a transaction, a statement ends when the next one begins.
    await queue.connection.fetchval("select 1")
    await plans.of("select fleet.fail(")
    assert plans.text().count("update fleet.retry_budget as budget") == 1


@pytest.mark.parametrize(
    ("call", "answer"), [("select fleet.forgive('note')", 40), ("select put_off from fleet.retries", 40)]
)
async def test_what_was_put_off_is_found_by_its_index(planned: tuple[Queue, Plans], call: str, answer: int) -> None:
    queue, plans = planned
    await queue.declare("note", retries_per_minute=10)
    await queue.fail(*await _held(queue), delay=timedelta(seconds=1))

    assert await queue.connection.fetchval(call) == answer

    # Within a transaction, a statement ends when the next one begins.
    await queue.connection.fetchval("select 1")
    await plans.of(call)
    assert "job_put_off" in plans.text()
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize("change", ["cancel", "retry", "reschedule", "reprioritise", "move"])
async def test_a_change_finds_each_job_by_its_id(planned: tuple[Queue, Plans], change: str) -> None:
    queue, plans = planned
    to: dict[str, dict[str, object]] = {
        "reschedule": {"to": queue.now},
        "reprioritise": {"to": 1},
        "move": {"to": "pages"},
    }

    answers = await getattr(queue, change)(*range(1, 51), **to.get(change, {}))

    assert len(answers) == 50
    assert await plans.of("unnest(v_ids, v_was) as given")
    scans = plans.scans().splitlines()
    assert scans
    assert [line for line in scans if "Index Scan using job_pkey on job" not in line] == []
    assert "Seq Scan on job_history" not in plans.text()


async def test_progress_finds_its_job_by_its_id(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    (claim, *_) = await _held(queue)

    assert await queue.report(claim)

    assert "Index Scan using job_pkey on job" in await plans.of("update fleet.job as job set progress")


async def test_a_job_is_awaited_by_its_id(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert await queue.connection.fetchval("select fleet.await_end(7)") == "awaited"

    assert "Index Scan using job_pkey on job" in await plans.of("update fleet.job as job set awaited")
    assert [line for line in plans.scans().splitlines() if "Index Scan using job_pkey on job" not in line] == []


async def test_enqueue_finds_the_job_that_has_its_key(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    assert not (await queue.enqueue(unique_key="k7"))["inserted"]

    assert "using job_unique on job live" in await plans.of("select live.id from fleet.job as live")
    assert "Seq Scan on job" not in plans.scans()


async def test_why_counts_what_is_ahead_by_the_index_of_ready_jobs(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned

    (row,) = await queue.connection.fetch("select fleet.why_waiting(20000) as reason")

    assert row["reason"].startswith("it is behind ")
    assert "using job_ready on job other" in await plans.of("as ahead")
    assert "Seq Scan on job" not in plans.scans()


@pytest.fixture(scope="module")
async def long_lived(template: Template) -> AsyncIterator[Database]:
    """A day of history: 100,000 jobs, of which one in a hundred failed."""
    async with template.copy() as database, open_queue(database.url) as queue:
        await queue.connection.execute(_HISTORY)
        await queue.connection.execute("vacuum analyze fleet.job_history")
        yield database


_HISTORY = """
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at, finished_at, error_class)
    select n, 'note', 'notes', outcome, 0, '{}', 1, 1, fleet.now(),
        fleet.now() - interval '1 day' + n * interval '0.864 s', case when outcome = 'failed' then 'Boom' end
    from (
        select n, (case when n % 100 = 0 then 'failed' else 'done' end)::fleet.job_outcome as outcome
        from generate_series(1, 100000) as n
    ) as ended
"""


@pytest.fixture
async def asked(long_lived: Database) -> AsyncIterator[tuple[Queue, Plans]]:
    async with open_queue(long_lived.url) as queue:
        plans = Plans(queue.connection)
        await plans.listen()
        yield queue, plans


async def test_queues_reads_only_the_last_minute_of_the_history(asked: tuple[Queue, Plans]) -> None:
    queue, plans = asked

    assert await queue.connection.fetchval("select finished_last_minute from fleet.queues where queue = 'notes'") == 70

    plan = await plans.of("from fleet.queues")
    assert "Bitmap Index Scan on job_history_default_finished_at_idx" in plan
    assert "Seq Scan on job_history" not in plan


async def test_failures_reads_only_what_failed(asked: tuple[Queue, Plans]) -> None:
    queue, plans = asked

    assert await queue.connection.fetchval("select count from fleet.failures") == 1000

    plan = await plans.of("from fleet.failures")
    assert "job_history_default_kind_finished_at_idx" in plan
    assert "Seq Scan on job_history" not in plan


async def test_failures_of_reads_only_what_failed_of_its_kind(asked: tuple[Queue, Plans]) -> None:
    queue, plans = asked

    assert await queue.connection.fetchval("select count(*) from fleet.failures_of('note')") == 1000

    plan = await plans.of("history.kind = $1")
    assert "job_history_default_kind_finished_at_idx" in plan
    assert "Seq Scan on job_history" not in plan


@pytest.mark.parametrize("call", ["state_of", "story", "why_finished"])
async def test_a_question_about_a_finished_job_finds_it_by_its_id(asked: tuple[Queue, Plans], call: str) -> None:
    queue, plans = asked

    assert await queue.connection.fetch(f"select fleet.{call}(4711)") != []

    assert "using job_history_default_pkey" in await plans.of("ended.id = $1")
    assert "Seq Scan on job_history" not in plans.text()


async def test_enqueue_finds_the_job_that_waits_under_its_key(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.declare("sync", unique_scope="waiting")
    await queue.add("sync", unique_key="k7")

    assert not (await queue.enqueue("sync", unique_key="k7"))["inserted"]

    assert "using job_unique_waiting on job live" in await plans.of("and live.unique_scope = 'waiting'")
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize(
    "call", ["fleet.gauges('{notes}', '{10}')", "fleet.recommended_replicas('notes', 10)"], ids=["gauges", "replicas"]
)
async def test_what_collectors_ask_reads_jobs_by_their_indexes(planned: tuple[Queue, Plans], call: str) -> None:
    queue, plans = planned

    await queue.connection.fetch(f"select * from {call}")
    await queue.connection.fetchval("select 1")
    await plans.of("from fleet.job as job where job.state = 'ready' and job.queue =")

    assert "using job_ready on job" in plans.scans()
    assert "Seq Scan on job" not in plans.scans()


async def test_a_depth_is_counted_no_further_than_its_limit(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.connection.execute("select fleet.limit_depth('notes', 20000)")

    await queue.add()

    plan = await plans.of("select count(*) from")
    assert "using job_ready on job" in plan
    assert "using job_waiting on job" in plan
    assert plan.count("->  Limit") == 2
    assert "Seq Scan on job" not in plans.scans()


@pytest.mark.parametrize("call", ["claim", "promote", "rescue", "finish", "fail", "snooze", "release"])
async def test_a_plan_made_while_the_table_was_empty_is_still_good_after_a_burst(queue: Queue, call: str) -> None:
    """A worker keeps its plans until the next analyze, and idles on an empty table before it is busy."""
    await queue.connection.execute("set plan_cache_mode = force_generic_plan")
    idle = await queue.worker(lease=timedelta(hours=1))
    plans = Plans(queue.connection)
    for _ in range(2):
        match call:
            case "claim":
                await queue.claim(idle, 10)
            case "promote" | "rescue":
                await queue.advance(LEASE)
                await getattr(queue, call)()
            case _:
                await getattr(queue, call)(*await _held(queue))
        if not plans.listening:
            await queue.connection.execute(_FILL)
            await plans.listen()

    assert plans.scans()
    assert "Seq Scan on job" not in plans.scans()


@pytest.fixture(scope="module")
async def blocked(template: Template) -> AsyncIterator[Database]:
    """20,000 held jobs of one tenant, 2,000 of as many others, 2,000 arriving, and 20,000 ready ones."""
    async with template.copy() as database, open_queue(database.url) as queue:
        await queue.declare("note")
        await queue.connection.execute(_BLOCK)
        await queue.connection.execute("analyze")
        yield database


_BLOCK = f"""
    select fleet.limit_keys('notes', 1);
    select fleet.register_worker('{ALIVE}', 's', 'r', 'v', 1, '{{notes}}', '{{note}}', '1 day');
    insert into fleet.job (kind, queue, state, fair_key)
    select 'note', 'notes', 'held', 'blocked' from generate_series(1, 20000);
    insert into fleet.job (kind, queue, state, fair_key)
    select 'note', 'notes', 'held', 'k' || n from generate_series(1, 2000) as n;
    insert into fleet.job (kind, queue, state, fair_key)
    select 'note', 'notes', 'arriving', 'blocked' from generate_series(1, 2000);
    insert into fleet.job (kind, queue, priority) select 'note', 'notes', n % 3 from generate_series(1, 20000) as n
"""


@pytest.fixture(params=["auto", "force_generic_plan"])
async def lined_up(blocked: Database, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Queue, Plans]]:
    async with open_queue(blocked.url) as queue:
        transaction = queue.connection.transaction()
        await transaction.start()
        await queue.connection.execute(f"set plan_cache_mode = {request.param}")
        plans = Plans(queue.connection)
        await plans.listen()
        yield queue, plans
        await transaction.rollback()


async def test_admit_reads_what_has_arrived_and_the_heads_of_its_keys(lined_up: tuple[Queue, Plans]) -> None:
    queue, plans = lined_up

    assert await queue.connection.fetchval("select fleet.admit(100)") == 100

    assert "using job_arriving on job" in await plans.of("job.state = 'arriving' order by job.id limit p_limit")
    assert "using job_held on job" in await plans.of("with room as materialized")
    assert "using job_active on job" in await plans.of(
        "count(*) from ( select from fleet.job as job where job.queue = key_room.queue"
    )
    assert "Seq Scan on job" not in plans.scans()
    assert "Sort" not in await plans.of("with room as materialized")


async def test_a_sweep_hops_from_key_to_key(lined_up: tuple[Queue, Plans]) -> None:
    queue, plans = lined_up

    assert await queue.connection.fetchval("select fleet.sweep_keys(50)") == 50

    plan = await plans.of("with recursive held as")
    assert plan.count("using job_held on job") == 2
    assert "Index Cond" in plan
    assert "Seq Scan on job" not in plans.scans()


async def test_looking_for_what_has_waited_longest_takes_a_probe_for_each_priority(
    lined_up: tuple[Queue, Plans],
) -> None:
    queue, plans = lined_up
    await queue.advance(timedelta(days=1))

    await queue.connection.fetchval("select fleet.longest_waiting('notes', '{note}', fleet.now())")

    plan = await plans.of("with recursive head as")
    assert plan.count("using job_ready on job") == 2
    assert "Sort Key: job" not in plan
    assert "Seq Scan on job" not in plans.scans()


async def test_what_ends_a_keyed_job_reads_the_head_of_its_key(lined_up: tuple[Queue, Plans]) -> None:
    queue, plans = lined_up
    await queue.connection.execute("select fleet.free_keys('{notes}', '{blocked}')")

    assert "using job_held on job" in await plans.of("with room as materialized")
    assert "Seq Scan on job" not in plans.scans()


async def test_a_claim_of_a_limited_queue_counts_what_runs(planned: tuple[Queue, Plans]) -> None:
    queue, plans = planned
    await queue.connection.execute(f"select fleet.limit_queue('notes', {RUNNING + 10})")

    assert len(await queue.claim(ALIVE, 50)) == 10

    assert "job_running" in await plans.of("of_queue.max_running - (")
    assert "Seq Scan on job" not in plans.scans()

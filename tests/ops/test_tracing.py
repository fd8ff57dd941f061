"""From an enqueue to a finish across processes, as a collector sees it."""

import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest

from fleet.analysis.job import LOCAL_HOST, Analyze
from fleet.db import Pool
from fleet.ops.tracing import open_tracing
from fleet.testing.until import until
from tests.ops.collector import Collector, open_collector
from tests.ops.conftest import Consumer, Consumers, put
from tests.ops.consumer import Act
from tests.processes.conftest import KEY, PATIENCE, ROOT, Start
from tests.processes.repositories import make_repository

INTERNAL, PRODUCER, CONSUMER = 1, 4, 5


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with open_collector() as collector:
        yield collector


async def ended(pool: Pool, job: int) -> dict[str, Any]:
    async def row() -> Any:
        return await pool.fetchrow(
            "select outcome::text, traceparent, result::text, error_message from fleet.job_history where id = $1", job
        )

    return dict(await until(row, within=PATIENCE, what=f"job {job} ends"))


def line_about(consumer: Consumer, message: str) -> dict[str, Any]:
    (found,) = (event for event in consumer.started.events() if event["message"] == message)
    return found


async def test_a_trace_leads_from_the_enqueue_through_the_attempt_to_its_parts(
    start: Start, collector: Collector, required: dict[str, dict[str, str]], pool: Pool, tmp_path: Path
) -> None:
    # given: an inventory, which an analyzer has made
    make_repository(tmp_path / "repository", {"tests/test_api.py": "import pytest\n\ndef test_answers(): ...\n"})
    migrated = await start("migrate", settings=required["migrate"])
    assert await migrated.exit_code() == 0
    local = {"ANALYZER_ALLOW_LOCAL": "1", "PARSER_PROCESSES": "1", "ENCRYPTION_KEYS": KEY}
    await start("analyzer", settings=required["analyzer"] | local | collector.settings)
    await start("spec_generator", settings=required["spec_generator"] | collector.settings)
    job = await put(pool, Analyze(host=LOCAL_HOST, owner="local", repo="repository", path=str(tmp_path / "repository")))
    analysis = msgspec.json.decode((await ended(pool, job))["result"])["analysis_id"]

    # when
    asked = await start("enqueue", "--spec", str(analysis), settings=required["enqueue"] | collector.settings)
    assert await asked.exit_code() == 0, asked.text()
    document = await ended(pool, int(asked.text().rpartition(" ")[2]))
    assert document["outcome"] == "done", document
    sent, processed, saved = await collector.has("send specview_default", "process specview_default", "save")
    taken, fetched, parsed = await collector.has("process analysis_default", "fetch", "parse")

    # then: the trace that the row names begins in the process that enqueued, and goes on in the one that ran it
    assert document["traceparent"].startswith(f"00-{sent.trace_id}-{sent.span_id}-")
    assert (sent.service, sent.kind, sent.parent) == ("enqueue", PRODUCER, "")
    assert (processed.service, processed.kind, processed.parent) == ("spec-generator", CONSUMER, sent.span_id)
    assert (saved.service, saved.kind, saved.parent) == ("spec-generator", INTERNAL, processed.span_id)
    assert {sent.trace_id, processed.trace_id, saved.trace_id} == {sent.trace_id}
    assert processed.facts["messaging.system"] == "fleet"
    assert processed.facts["messaging.destination.name"] == "specview_default"
    assert processed.facts["messaging.message.id"] == sent.facts["messaging.message.id"]
    assert (processed.facts["fleet.job.outcome"], processed.failed) == ("done", False)
    # One that was enqueued without spans has a trace of its own.
    assert taken.trace_id != sent.trace_id
    assert {fetched.parent, parsed.parent} == {taken.span_id}


async def test_an_attempt_leads_back_to_the_one_before(consumers: Consumers, collector: Collector, pool: Pool) -> None:
    await consumers.start(**collector.settings)

    job = await put(pool, Act(act="retry"))
    await ended(pool, job)

    async def both() -> bool:
        return len([one for one in collector.spans if one.name == "process acts"]) == 2

    await until(both, within=PATIENCE)
    first, second = sorted(collector.spans, key=lambda one: one.facts["fleet.job.attempt"])
    assert (first.facts["fleet.job.outcome"], first.failed, first.links) == ("retried", True, [])
    assert first.facts["error.type"] == "Retry"
    assert (second.facts["fleet.job.outcome"], second.links) == ("done", [first.span_id])
    assert second.parent == first.parent
    assert second.trace_id == first.trace_id


async def test_what_a_handler_enqueues_is_a_part_of_its_trace(
    consumers: Consumers, collector: Collector, pool: Pool
) -> None:
    await consumers.start(**collector.settings)

    await ended(pool, await put(pool, Act(act="pass on")))

    async def three() -> bool:
        return len(collector.spans) >= 3

    await until(three, within=PATIENCE)
    (sent,) = (one for one in collector.spans if one.name == "send acts")
    parent = next(one for one in collector.spans if one.span_id == sent.parent)
    child = next(one for one in collector.spans if one.parent == sent.span_id)
    assert (parent.name, child.name) == ("process acts", "process acts")
    assert child.trace_id == parent.trace_id


async def test_lines_of_the_log_name_the_span_they_were_written_in(
    consumers: Consumers, collector: Collector, pool: Pool
) -> None:
    consumer = await consumers.start(LOG_LEVEL="debug", **collector.settings)

    await ended(pool, await put(pool, Act(act="tell")))
    told, processed = await collector.has("tell", "process acts")

    inside, end = line_about(consumer, "told"), line_about(consumer, "job.ended")
    assert (inside["trace_id"], inside["span_id"]) == (told.trace_id, told.span_id)
    assert (end["trace_id"], end["span_id"]) == (processed.trace_id, processed.span_id)


@pytest.mark.parametrize("there", [True, False])
async def test_a_collector_that_hangs_or_is_gone_delays_neither_jobs_nor_the_end(
    consumers: Consumers, pool: Pool, *, there: bool
) -> None:
    async with open_collector(hangs=True) as collector:
        # Nobody listens on port 1.
        elsewhere = {} if there else {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
        consumer = await consumers.start(**(collector.settings | elsewhere))
        await consumer.ready()

        began = monotonic()
        for job in [await put(pool, Act()) for _ in range(20)]:
            await ended(pool, job)
        jobs_took = monotonic() - began

        async def asked() -> bool:
            return collector.asked > 0 or "telemetry.trouble" in consumer.started.text()

        await until(asked, within=PATIENCE)
        began = monotonic()
        consumer.started.kill(signal.SIGTERM)
        code = await consumer.started.exit_code()

    assert code == 0, consumer.started.text()
    assert jobs_took < 10
    assert monotonic() - began < 6
    # Whatever the libraries complain of is a line of this log like any other.
    assert all(line.startswith("{") for line in consumer.started.text().splitlines()), consumer.started.text()


async def test_without_the_packages_a_sentence_says_what_is_missing(consumers: Consumers, tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").write_text(
        "raise ModuleNotFoundError('No module', name='opentelemetry')\n", encoding="utf-8"
    )

    consumer = await consumers.start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", PYTHONPATH=f"{tmp_path}:{ROOT}")

    assert await consumer.started.exit_code() == 78, consumer.started.text()
    assert "the packages of the extra telemetry are not installed" in consumer.started.text()


async def test_another_protocol_is_refused_by_name(consumers: Consumers) -> None:
    consumer = await consumers.start(OTEL_EXPORTER_OTLP_PROTOCOL="grpc")

    assert await consumer.started.exit_code() == 78
    assert "OTEL_EXPORTER_OTLP_PROTOCOL must be one of 'http/protobuf'" in consumer.started.text()


async def test_where_no_spans_are_sent_a_job_keeps_the_trace_it_was_given(consumers: Consumers, pool: Pool) -> None:
    consumer = await consumers.start()
    await consumer.ready()
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    job = await pool.fetchval("select id from fleet.enqueue('act', '{}', traceparent => $1)", given)

    assert (await ended(pool, job))["traceparent"] == given
    assert '"span_id"' not in consumer.started.text()


@pytest.mark.parametrize("given", ["nonsense", "00-1-2-3", "", "00-" + "g" * 32 + "-b7ad6b7169203331-01"])
async def test_what_is_no_traceparent_begins_a_trace(given: str) -> None:
    # Nothing is sent: the span does not end.
    async with open_tracing("test", version="v1", replica="one") as tracer:
        begun = tracer.begin("send", "producer", parent=given, facts={})

    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", begun.traceparent)

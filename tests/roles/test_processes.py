"""Every process does its work as a user who has its role and nothing else."""

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fleet.db import Connection, connect
from fleet.testing.until import until
from tests.ops.conftest import ask, free_port
from tests.processes.conftest import KEY, Start
from tests.processes.repositories import make_repository, many_tests
from tests.roles.guarded import Guarded

LONG = timedelta(seconds=30)
STEPS = ("history", "documents", "analyses", "job_days", "attempts")


@pytest.fixture
async def migrated(start: Start, guarded: Guarded) -> None:
    """As after a deploy whose migration ran as its own user."""
    process = await start("migrate", settings=guarded.settings("fleet_migrate"))
    assert await process.exit_code() == 0, process.text()


async def ended(admin: Connection, job: int) -> dict[str, Any]:
    async def row() -> Any:
        return await admin.fetchrow(
            "select outcome::text, result::text, error_message from fleet.job_history where id = $1", job
        )

    return dict(await until(row, within=LONG, what=f"job {job} ends"))


@pytest.mark.usefixtures("migrated")
async def test_a_repository_becomes_an_inventory_and_a_document_and_is_swept(
    start: Start, guarded: Guarded, tmp_path: Path
) -> None:
    make_repository(tmp_path / "repository", many_tests(2))
    workers = [
        await start(
            "analyzer",
            settings=guarded.settings("fleet_analyzer")
            | {"ENCRYPTION_KEYS": KEY, "ANALYZER_ALLOW_LOCAL": "1", "PARSER_PROCESSES": "1"},
        ),
        await start("spec_generator", settings=guarded.settings("fleet_spec_generator")),
    ]
    async with connect(guarded.database.url, application="fleet-tests") as admin:
        await admin.execute("insert into app.users (id) values (7)")
        arguments = {
            "host": "file.localhost",
            "owner": "local",
            "repo": "repository",
            "path": str(tmp_path / "repository"),
        }
        async with guarded.session("fleet_enqueue") as producer:
            asked = await producer.fetchval(
                "select id from fleet.enqueue('analyze', $1::text::jsonb)",
                msgspec.json.encode(arguments | {"user_id": 7}).decode(),
            )
        analysis = await ended(admin, asked)
        report = msgspec.json.decode(analysis["result"] or "{}")
        enqueue = await start(
            *("enqueue", "--spec", str(report.get("analysis_id")), "--user", "7"),
            settings=guarded.settings("fleet_enqueue"),
        )
        assert await enqueue.exit_code() == 0, enqueue.text()
        document = await ended(admin, int(enqueue.text().split()[-1]))

        # Both are old by now, and so is a day of finished jobs.
        await admin.execute(
            "update app.user_analysis_history set created_at = now() - interval '31 days';"
            "update app.documents set created_at = now() - interval '31 days';"
            "update app.analyses set completed_at = now() - interval '2 days', started_at = now() - interval '2 days';"
            "create table fleet.job_history_20200101 partition of fleet.job_history"
            " for values from ('2020-01-01 00:00Z') to ('2020-01-02 00:00Z');"
            "alter table fleet.job_history_20200101 owner to fleet_owner;"
            "insert into fleet.attempt_default (job_id, token, attempt, outcome, ended_at)"
            " values (1, 1, 1, 'snoozed', '2020-01-01 12:00Z')"
        )
        foresight = await start("retention_cleanup", "--dry-run", settings=guarded.settings("fleet_retention_cleanup"))
        assert await foresight.exit_code() == 0, foresight.text()
        cleanup = await start("retention_cleanup", settings=guarded.settings("fleet_retention_cleanup"))
        assert await cleanup.exit_code() == 0, cleanup.text()
        left = await admin.fetchval("select count(*) from app.test_files")
        partitions = await start("partitions", settings=guarded.settings("fleet_retention_cleanup"))
        assert await partitions.exit_code() == 0, partitions.text()
        recorded = await admin.fetch("select task, state from fleet.cron")
    for worker in workers:
        worker.kill(signal.SIGTERM)
    codes = [await worker.exit_code() for worker in workers]

    assert (analysis["outcome"], report.get("tests")) == ("done", 20), (analysis, workers[0].text())
    assert document["outcome"] == "done", (document, workers[1].text())
    [line] = cleanup.events()
    assert (line["message"], line["outcome"]) == ("cron.ended", "done")
    assert [line[step] for step in STEPS] == [1, 1, 1, 1, 1]
    assert [foresight.events()[0][step] for step in STEPS] == [1, 1, 1, 1, 1]
    assert left == 0
    assert [tuple(row) for row in recorded] == [("partitions", "done"), ("retention-cleanup", "done")]
    assert codes == [0, 0]
    said = [event for process in workers for event in process.events()]
    assert [event for event in said if event["level"] in {"warning", "error", "critical"}] == []


@pytest.mark.parametrize("process", ["spec_generator", "retention_cleanup", "migrate"])
async def test_a_process_whose_user_has_the_wrong_role_says_so_and_does_not_begin(
    start: Start, guarded: Guarded, process: str
) -> None:
    started = await start(process, settings=guarded.settings("fleet_enqueue"))

    assert await started.exit_code() == 78, started.text()
    assert "this user may not" in started.events()[-1]["reason"]


async def test_an_enqueue_by_somebody_who_may_not_is_refused_in_a_sentence(start: Start, guarded: Guarded) -> None:
    started = await start("enqueue", "psf/requests", settings=guarded.settings("fleet_monitor"))

    assert await started.exit_code() == 78, started.text()
    [line] = started.events()
    assert line["reason"] == "the user of DATABASE_URL lacks the role of this process"
    assert line["refusal"] == "permission denied for function enqueue"


async def test_a_migration_run_by_its_own_user_keeps_what_everybody_may_do(start: Start, guarded: Guarded) -> None:
    look = (
        "select array_agg(concat(oid::regprocedure, prosecdef, proowner, proacl) order by oid) from pg_proc"
        " where pronamespace = 'fleet'::regnamespace"
    )
    async with connect(guarded.database.url, application="fleet-tests") as admin:
        before = await admin.fetchval(look)
        await admin.execute("update fleet.migration set digest = 'older' where name like 'functions/%'")
        process = await start("migrate", settings=guarded.settings("fleet_migrate"))
        code = await process.exit_code()

        assert code == 0, process.text()
        assert "functions/claim" in process.events()[-1]["applied"]
        assert await admin.fetchval(look) == before


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("role", ["fleet_analyzer", "fleet_spec_generator"])
async def test_a_worker_may_ask_what_it_tells_of_the_database(start: Start, guarded: Guarded, role: str) -> None:
    port = free_port()
    settings = {"HEALTH_PORT": str(port), "ENCRYPTION_KEYS": KEY}
    await start(role.removeprefix("fleet_"), settings=guarded.settings(role) | settings)

    async def told() -> dict[str, float]:
        samples = (await ask(port, "/metrics")).samples()
        return samples if samples.get("fleet_database_up") else {}

    samples = await until(told, within=LONG, what="the database answers")

    assert any(name.startswith("fleet_queue_recommended_replicas") for name in samples)

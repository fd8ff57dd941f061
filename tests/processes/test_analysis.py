"""From an enqueued repository to its inventory and its document, through real processes that may die."""

import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from fleet.analysis import store
from fleet.analysis.job import LOCAL_HOST, Analyze
from fleet.analysis.parse.version import PARSER_VERSION
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Totals
from fleet.db import Pool
from fleet.queue.enqueue import enqueue
from fleet.specgen.job import GenerateSpec
from fleet.testing.until import until
from tests.processes.conftest import Start, Started
from tests.processes.repositories import make_repository, many_tests

pytestmark = pytest.mark.usefixtures("migrated")

LONG = timedelta(seconds=30)
PYTEST_FILE = """\
import pytest

def test_answers(): ...

@pytest.mark.skip
def test_waits(): ...
"""


@pytest.fixture
def analyzer_settings(required: dict[str, dict[str, str]], tmp_path: Path) -> dict[str, str]:
    scratch = tmp_path / "scratch"
    return required["analyzer"] | {
        "ANALYZER_ALLOW_LOCAL": "1",
        "ANALYZER_SCRATCH": str(scratch),
        "LEASE_SECONDS": "1",
        "PARSER_PROCESSES": "1",
    }


def job_for(path: Path) -> Analyze:
    return Analyze(host=LOCAL_HOST, owner="local", repo="repository", path=str(path))


async def put(pool: Pool, job: Analyze | GenerateSpec) -> int:
    async with pool.acquire() as connection:
        return (await enqueue(connection, job)).id


async def ended(pool: Pool, job: int) -> dict[str, Any]:
    async def row() -> Any:
        return await pool.fetchrow(
            "select outcome::text, attempt, result::text, error_class, error_message, worker"
            " from fleet.job_history where id = $1",
            job,
        )

    return dict(await until(row, within=LONG, what=f"job {job} ends"))


async def running(pool: Pool, job: int) -> Any:
    async def row() -> Any:
        return await pool.fetchrow("select worker from fleet.job where id = $1 and state = 'running'", job)

    return await until(row, within=LONG, what=f"job {job} runs")


async def stored_tests(pool: Pool) -> int:
    return int(await pool.fetchval("select count(*) from app.test_cases"))


async def test_a_repository_becomes_an_inventory_and_the_inventory_a_document(
    start: Start, required: dict[str, dict[str, str]], analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    commit = make_repository(
        tmp_path / "repository",
        {
            "tests/test_api.py": PYTEST_FILE,
            "web/cart.test.ts": 'import { test } from "vitest";\ntest("adds an item", () => {});\n',
            "pkg/sum_test.go": 'package pkg\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {}\n',
            "README.md": "# nothing to see\n",
        },
    )
    await start("analyzer", settings=analyzer_settings)
    await start("spec_generator", settings=required["spec_generator"])

    analysis = await ended(pool, await put(pool, job_for(tmp_path / "repository")))
    report = msgspec.json.decode(analysis["result"])
    document = await ended(pool, await put(pool, GenerateSpec(analysis_id=report["analysis_id"])))

    assert analysis["outcome"] == "done", analysis
    assert report["commit"] == commit
    assert report["frameworks"] == {"go-testing": 1, "pytest": 1, "vitest": 1}
    assert (report["files"], report["tests"], report["new"]) == (3, 4, True)
    assert document["outcome"] == "done", document
    assert msgspec.json.decode(document["result"])["behaviours"] == 4


async def test_an_analysis_that_is_there_already_is_not_made_again(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    make_repository(tmp_path / "repository", many_tests(3))
    await start("analyzer", settings=analyzer_settings)

    first = msgspec.json.decode((await ended(pool, await put(pool, job_for(tmp_path / "repository"))))["result"])
    second = msgspec.json.decode((await ended(pool, await put(pool, job_for(tmp_path / "repository"))))["result"])

    assert (first["new"], second["new"]) == (True, False)
    assert first["analysis_id"] == second["analysis_id"]
    assert await stored_tests(pool) == 30


async def test_when_an_analyzer_is_killed_half_way_another_one_finishes_and_nothing_is_stored_twice(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    make_repository(tmp_path / "repository", many_tests(3000))
    first = await start("analyzer", settings=analyzer_settings)
    job = await put(pool, job_for(tmp_path / "repository"))

    async def something_is_stored() -> bool:
        return await stored_tests(pool) > 0

    await until(something_is_stored, within=LONG)
    first.kill()
    await first.exit_code()
    stored_when_killed = await stored_tests(pool)
    await start("analyzer", settings=analyzer_settings)
    analysis = await ended(pool, job)

    assert 0 < stored_when_killed < 30_000
    assert (analysis["outcome"], analysis["attempt"]) == ("done", 2)
    assert msgspec.json.decode(analysis["result"])["tests"] == 30_000
    assert await stored_tests(pool) == 30_000
    assert await pool.fetchval("select count(*) from app.analyses where completed_at is null") == 0
    assert await pool.fetchval("select count(*) from fleet.job") == 0
    assert await pool.fetchval("select array_agg(outcome::text) from fleet.attempt where job_id = $1", job) == ["lost"]


async def test_a_stopped_analyzer_gives_its_job_back_in_time_and_another_one_finishes_it(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    make_repository(repository, many_tests(3))
    # git opens this file first, and waits for as long as nobody writes into it.
    os.mkfifo(repository / "packed-refs")
    first = await start("analyzer", settings=analyzer_settings | {"RAILWAY_DEPLOYMENT_DRAINING_SECONDS": "4"})
    job = await put(pool, job_for(repository))
    await running(pool, job)
    await until(lambda: git_processes(repository), what="git waits", within=LONG)

    first.kill(signal.SIGTERM)
    code = await first.exit_code()
    back = await pool.fetchrow("select state::text, attempt, interruptions from fleet.job where id = $1", job)
    (repository / "packed-refs").unlink()
    await start("analyzer", settings=analyzer_settings)
    analysis = await ended(pool, job)

    assert code == 0, first.text()
    assert back is not None
    assert tuple(back) == ("ready", 0, 1)
    assert not await git_processes(repository)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert (analysis["outcome"], analysis["attempt"]) == ("done", 1)


async def git_processes(repository: Path) -> list[int]:
    """Return the processes that have *repository* in their command line."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if str(repository).encode() in command and b"git" in command:
                found.append(int(process.name))
    return found


@pytest.mark.parametrize(
    ("args", "error_class", "says"),
    [
        ('{"owner": "..", "repo": "requests"}', "InvalidJob", "`$.owner`"),
        ('{"owner": "psf"}', "InvalidJob", "`repo`"),
        ('{"owner": "psf", "repo": "../etc"}', "InvalidJob", "`$.repo`"),
        ('{"owner": "psf", "repo": "requests", "commit": "HEAD"}', "InvalidJob", "`$.commit`"),
        ('{"owner": "psf", "repo": "requests", "sudo": true}', "InvalidJob", "`sudo`"),
        ('{"owner": "psf", "repo": "requests", "user_id": 7}', "InvalidJob", "`$.user_id`"),
        ('{"owner": "psf", "repo": "requests", "host": "169.254.169.254"}', "InvalidRepository", "IP address"),
        ('{"owner": "psf", "repo": "requests", "host": "example.org"}', "InvalidRepository", "example.org"),
        ('{"owner": "psf", "repo": "requests", "path": "/etc"}', "InvalidJob", "`$.path`"),
        (
            '{"owner": "a", "repo": "b", "host": "file.localhost", "path": "/nowhere"}',
            "InvalidRepository",
            "local path",
        ),
    ],
)
async def test_bad_arguments_end_their_job_with_a_sentence_and_the_worker_lives(
    shared_analyzer: Started, pool: Pool, args: str, error_class: str, says: str
) -> None:
    job = await pool.fetchval("select id from fleet.enqueue('analyze', $1::text::jsonb)", args)
    analysis = await ended(pool, job)

    assert (analysis["outcome"], analysis["error_class"], analysis["attempt"]) == ("failed", error_class, 1)
    assert says in analysis["error_message"]
    assert await pool.fetchval("select count(*) from app.codebases") == 0
    assert shared_analyzer.process.returncode is None


@pytest.fixture
async def shared_analyzer(start: Start, analyzer_settings: dict[str, str]) -> Started:
    started: Started = await start("analyzer", settings=analyzer_settings)
    return started


async def test_a_file_that_breaks_its_parser_costs_only_itself_and_the_log_says_which_job(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    hostile = "a<b," * 230_000
    make_repository(tmp_path / "repository", many_tests(2) | {"web/hostile.test.ts": hostile})
    analyzer = await start("analyzer", settings=analyzer_settings)
    job = await put(pool, job_for(tmp_path / "repository"))
    analysis = await ended(pool, job)

    report = msgspec.json.decode(analysis["result"])
    assert (report["tests"], report["unparsed"]) == (20, 1)
    assert await pool.fetchval("select path from app.test_files where unparsed is not null") == "web/hostile.test.ts"
    [line] = [event for event in analyzer.events() if event["message"] == "parser.failed"]
    assert (line["job"], line["kind"], line["path"]) == (job, "analyze", "web/hostile.test.ts")


async def test_a_file_that_is_too_large_is_recorded_with_the_reason_and_not_read(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    make_repository(tmp_path / "repository", many_tests(1) | {"tests/test_large.py": "#" * 1_000_001})
    await start("analyzer", settings=analyzer_settings)

    analysis = await ended(pool, await put(pool, job_for(tmp_path / "repository")))

    report = msgspec.json.decode(analysis["result"])
    assert (report["tests"], report["unparsed"]) == (10, 1)
    [file] = await pool.fetch("select path, unparsed from app.test_files where unparsed is not null")
    assert tuple(file) == ("tests/test_large.py", "larger than the limit of 1000000 bytes")


async def test_a_job_waits_while_another_one_takes_the_same_inventory_and_then_shares_it(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    commit = make_repository(tmp_path / "repository", many_tests(1))
    # Another job, which a worker elsewhere is running, has begun to write this inventory.
    job = job_for(tmp_path / "repository")
    other = await put(pool, Analyze(host="github.com", owner="somebody", repo="else"))
    elsewhere = uuid4()
    await pool.execute(
        "select fleet.register_worker($1, 'analyzer', 'elsewhere', 'v', 1, '{analysis_default}', '{analyze}', '1 day')",
        elsewhere,
    )
    await pool.execute(
        "update fleet.job set state = 'running', attempt = 1, token = 1, worker = $1, claimed_at = now()", elsewhere
    )
    codebase = await store.codebase_at(pool, RepositoryAddress(job.host, job.owner, job.repo), private=False)
    writer = await store.begin(pool, codebase, commit, PARSER_VERSION, userless=True, claim=(other, 1))
    assert writer is not None
    await start("analyzer", settings=analyzer_settings)

    waiting = await put(pool, job)

    async def snoozed() -> Any:
        return await pool.fetchval("select error_message from fleet.attempt where job_id = $1", waiting)

    assert "another job is taking this inventory" in await until(snoozed, within=LONG)
    async with pool.transaction() as connection:
        await store.complete(connection, writer, Totals(writer.analysis, 1, 1, 10), {"parse": 1.0})
    analysis = await ended(pool, waiting)

    report = msgspec.json.decode(analysis["result"])
    assert (report["analysis_id"], report["new"], analysis["attempt"]) == (writer.analysis, False, 1)


async def test_every_line_about_a_job_says_which_and_a_job_ends_in_one_line(
    start: Start, analyzer_settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    make_repository(tmp_path / "repository", many_tests(1))
    analyzer = await start("analyzer", settings=analyzer_settings)
    job = await put(pool, job_for(tmp_path / "repository"))
    traceparent = await pool.fetchval("select traceparent from fleet.job where id = $1", job)
    await ended(pool, job)
    analyzer.kill(signal.SIGTERM)
    await analyzer.exit_code()

    events = analyzer.events()
    [line] = [event for event in events if event["message"] == "job.ended"]
    assert (line["job"], line["kind"], line["attempt"], line["outcome"]) == (job, "analyze", 1, "done")
    assert line["trace_id"] == traceparent.split("-")[1]
    assert {"service", "worker", "level", "timestamp", "replica", "version"} <= line.keys()
    assert line["service"] == "analyzer"

"""Enqueuing by hand."""

from typing import Any

import msgspec
import pytest

from fleet.db import Pool, ServerError
from tests.processes.conftest import Start

pytestmark = pytest.mark.usefixtures("migrated")

COMMIT = "0e322af87745eff34caffe4df68456ebc20d9068"


async def args_of(pool: Pool, job: int) -> dict[str, Any]:
    return dict(msgspec.json.decode(await pool.fetchval("select args::text from fleet.job where id = $1", job)))


@pytest.mark.parametrize(
    "pasted",
    [
        "psf/requests",
        "github.com/psf/requests",
        "https://github.com/psf/requests",
        "https://github.com/psf/requests.git",
        "https://www.github.com/psf/requests/",
        "https://github.com/psf/requests/tree/main/tests",
        "git@github.com:psf/requests.git",
        "ssh://git@github.com/psf/requests.git",
    ],
)
async def test_every_form_a_person_pastes_means_the_same_repository(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, pasted: str
) -> None:
    process = await start("enqueue", pasted, settings=required["enqueue"])

    assert await process.exit_code() == 0, process.text()
    assert process.text() == "queued as 1\n"
    args = await args_of(pool, 1)
    assert (args["host"], args["owner"], args["repo"], args["commit"]) == ("github.com", "psf", "requests", None)


async def test_a_second_request_is_told_the_id_of_the_first(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    first = await start("enqueue", "psf/requests", "--commit", COMMIT, settings=required["enqueue"])
    await first.exit_code()
    second = await start("enqueue", f"https://github.com/psf/requests/commit/{COMMIT}", settings=required["enqueue"])
    await second.exit_code()

    assert (first.text(), second.text()) == ("queued as 1\n", "already queued as 1\n")
    assert await pool.fetchval("select count(*) from fleet.job") == 1


async def test_the_prompt_and_the_utility_mean_the_same_job(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    typed = await pool.fetchrow("""select * from fleet.enqueue('analyze', '{"owner":"psf","repo":"requests"}')""")
    process = await start("enqueue", "psf/requests", settings=required["enqueue"])
    await process.exit_code()

    assert typed is not None
    assert (typed["id"], typed["inserted"]) == (1, True)
    assert process.text() == "already queued as 1\n"


async def test_options_reach_the_job(start: Start, required: dict[str, dict[str, str]], pool: Pool) -> None:
    arguments = ("psf/requests", "--commit", COMMIT, "--user", "7", "--queue", "analysis_priority")

    process = await start("enqueue", *arguments, settings=required["enqueue"])

    assert await process.exit_code() == 0, process.text()
    args = await args_of(pool, 1)
    assert (args["commit"], args["user_id"]) == (COMMIT, 7)
    assert await pool.fetchval("select queue from fleet.job") == "analysis_priority"


async def test_a_specification_is_enqueued_by_its_analysis(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    process = await start("enqueue", "--spec", "42", "--language", "Korean", settings=required["enqueue"])

    assert await process.exit_code() == 0, process.text()
    assert await pool.fetchval("select kind from fleet.job") == "generate_spec"
    assert await args_of(pool, 1) == {"analysis_id": 42, "user_id": None, "language": "Korean", "force": False}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 64, "required"),
        (("requests",), 64, "owner/repository"),
        (("psf/requests/extra",), 64, "more parts"),
        (("../requests",), 64, "owner"),
        (("https://gitlab.example/psf/requests",), 64, "host"),
        (("https://user:hunter2@github.com/psf/requests",), 64, "user"),
        (("file:///etc/passwd",), 64, "https://"),
        (("psf/requests", "--commit", "HEAD"), 64, "hex digits"),
        (("psf/requests", "--commit", "--upload-pack=touch /tmp/x"), 64, "commit"),
        (("psf/requests", "--user", "me"), 64, "--user"),
        (("psf/requests", "--queue", "typo"), 64, "analysis_priority"),
        (("psf/requests", "--user", "-7"), 65, "$.user_id"),
        (("--spec", "0"), 65, "$.analysis_id"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_in_one_sentence_and_nothing_is_queued(
    start: Start, required: dict[str, dict[str, str]], pool: Pool, arguments: tuple[str, ...], status: int, says: str
) -> None:
    process = await start("enqueue", *arguments, settings=required["enqueue"])

    assert await process.exit_code() == status, process.text()
    said = process.text().strip().splitlines()
    assert says in said[-1]
    assert "Traceback" not in process.text()
    assert "hunter2" not in process.text()
    assert await pool.fetchval("select count(*) from fleet.job") == 0


@pytest.mark.parametrize(
    ("call", "sqlstate", "says"),
    [
        ("fleet.enqueue('analise')", "FL001", "unknown kind 'analise'"),
        ("fleet.enqueue('analyze', '[]')", "FL002", "args must be a JSON object, not array"),
        ("fleet.enqueue('analyze', 'null')", "FL002", "args must be a JSON object, not null"),
        ("fleet.enqueue('analyze', queue => 'Bad Queue')", "FL002", "queue must be a plain word"),
        ("fleet.enqueue('analyze', run_at => '4714-11-24 BC')", "FL002", "run_at must lie between"),
        ("fleet.enqueue('analyze', run_at => 'infinity')", "FL002", "run_at must lie between"),
        ("fleet.enqueue('analyze', delay => '1000 years')", "FL002", "delay must lie within 200 years"),
        ("fleet.enqueue('analyze', priority => 99999)", "FL002", "priority must lie between"),
        ("fleet.enqueue('analyze', max_attempts => 0)", "FL002", "max_attempts must lie between"),
        ("""fleet.enqueue_many('[{"kind": "analyze", "priority": 99999}]')""", "FL002", "job 1: priority must lie"),
    ],
)
async def test_the_prompt_refuses_with_a_sentence_and_a_sqlstate(
    pool: Pool, call: str, sqlstate: str, says: str
) -> None:
    with pytest.raises(ServerError, match=says) as refused:
        await pool.execute(f"select * from {call}")

    assert refused.value.sqlstate == sqlstate
    assert await pool.fetchval("select count(*) from fleet.job") == 0

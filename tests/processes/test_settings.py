"""Each process reads its own settings, names every problem at once, and shows no value."""

from pathlib import Path

import pytest

from fleet.db import Connection
from tests.processes.conftest import KEY, Start

PROCESSES = {
    "analyzer": ("DATABASE_URL", "ENCRYPTION_KEYS"),
    "spec_generator": ("DATABASE_URL",),
    "retention_cleanup": ("DATABASE_URL",),
    "partitions": ("DATABASE_URL",),
    "dashboard": ("DATABASE_URL",),
    "enqueue": ("DATABASE_URL",),
    "inventory": ("DATABASE_URL",),
    "migrate": ("DATABASE_URL",),
    "rotate_keys": ("DATABASE_URL", "ENCRYPTION_KEYS"),
}
ARGUMENTS = {"enqueue": ("psf/requests",), "inventory": ("show", "1")}
CASES = [(process, variable) for process, variables in PROCESSES.items() for variable in variables]


@pytest.mark.parametrize(("process", "variable"), CASES)
async def test_a_process_without_one_of_its_variables_names_it_and_exits_78(
    start: Start, required: dict[str, dict[str, str]], process: str, variable: str
) -> None:
    settings = {name: value for name, value in required[process].items() if name != variable}

    started = await start(process, *ARGUMENTS.get(process, ()), settings=settings)

    assert await started.exit_code() == 78
    [event] = started.events()
    assert event["problem"] == f"{variable} is required"


async def test_every_problem_is_reported_at_once_and_no_value_is_repeated(start: Start) -> None:
    wrong = {
        "DATABASE_URL": "mysql://root:hunter2@db/app",
        "ENCRYPTION_KEYS": "c2VjcmV0",
        "LEASE_SECONDS": "soon",
        "DEFAULT_SLOTS": "-4711",
        "LOG_LEVEL": "loud",
        "ANALYZER_ALLOW_LOCAL": "perhaps",
        "POOL_SIZE": "",
    }

    started = await start("analyzer", settings=wrong)

    assert await started.exit_code() == 78
    problems = [event["problem"] for event in started.events()]
    assert sorted(problem.split()[0] for problem in problems) == sorted(wrong)
    for value in filter(None, wrong.values()):
        assert value not in started.text()


@pytest.mark.parametrize("process", sorted(set(PROCESSES) - {"analyzer", "rotate_keys"}))
async def test_only_what_opens_tokens_needs_their_keys(start: Start, process: str) -> None:
    started = await start(
        process, *ARGUMENTS.get(process, ()), settings={"ENCRYPTION_KEYS": KEY, "DATABASE_URL": "nonsense"}
    )

    assert await started.exit_code() == 78
    assert "ENCRYPTION_KEYS" not in started.text()


async def test_a_database_that_nobody_can_reach_ends_a_one_shot_process_with_69_and_no_password(
    start: Start, tmp_path: Path
) -> None:
    url = f"postgresql://fleet:hunter2@/fleet?host={tmp_path}"

    started = await start("migrate", settings={"DATABASE_URL": url})

    assert await started.exit_code() == 69
    assert "hunter2" not in started.text()


async def test_a_worker_refuses_a_database_that_is_older_than_itself(
    start: Start, required: dict[str, dict[str, str]], conn: Connection
) -> None:
    await conn.execute("delete from fleet.migration where name like 'migrations/%'")

    started = await start("analyzer", settings=required["analyzer"])

    assert await started.exit_code() == 78
    assert "python -m entrypoints.migrate" in started.text()


@pytest.mark.usefixtures("migrated")
async def test_certificates_that_are_not_there_are_named_and_end_the_analyzer_with_78(
    start: Start, required: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    settings = required["analyzer"] | {"ANALYZER_CERTIFICATES": str(tmp_path / "none.pem")}

    started = await start("analyzer", settings=settings)

    assert await started.exit_code() == 78, started.text()
    assert "certificates to trust" in started.text()

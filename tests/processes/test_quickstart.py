"""The first command a newcomer runs, on the test's own database."""

import re
import signal
from pathlib import Path

import httpx2
import pytest

from fleet.db import Pool
from fleet.testing.database import Database
from fleet.testing.until import until
from tests.processes.conftest import PATIENCE, Start, Started
from tests.processes.repositories import make_repository, many_tests
from tests.specgen.provider import open_provider


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": database.url.reveal(), "XDG_STATE_HOME": str(tmp_path / "state")}


async def test_a_repository_goes_in_and_its_inventory_and_specification_come_out(
    start: Start, settings: dict[str, str], pool: Pool, tmp_path: Path
) -> None:
    commit = make_repository(tmp_path / "shop", many_tests(2) | {"web/cart.test.js": CART})

    first = await start("quickstart", str(tmp_path / "shop"), settings=settings)
    assert await first.exit_code() == 0, first.text()
    second = await start("quickstart", str(tmp_path / "shop"), settings=settings)
    assert await second.exit_code() == 0, second.text()

    said = first.text()
    assert f"at {commit[:12]}\n" in said
    assert "21 tests in 3 test files of 3 candidates" in said
    assert "pytest           20 tests      2 files" in said
    assert "slowest phase: " in said
    assert "    - Case 0 (L1)" in said
    assert "\\_" not in said
    assert "fleet.enqueue" in said
    assert f"at {commit[:12]} (taken earlier)\n" in second.text()
    assert await pool.fetchval("select count(*) from app.analyses") == 1
    assert await pool.fetchval("select count(*) from app.documents") == 1
    assert await pool.fetchval("select count(*) from fleet.worker") == 0


async def test_a_language_model_writes_the_specification_where_one_is_set(
    start: Start, settings: dict[str, str], tmp_path: Path
) -> None:
    make_repository(tmp_path / "shop", {"web/cart.test.js": CART})

    async with open_provider() as provider:
        model = {"MODEL_URL": provider.url, "MODEL_CLASSIFY": "sorter", "MODEL_DESCRIBE": "teller"}
        process = await start("quickstart", str(tmp_path / "shop"), settings=settings | model)
        assert await process.exit_code() == 0, process.text()

    assert "English: adds an item holds" in process.text()
    assert provider.tasks == ["classify", "describe", "summarise"]


CART = 'const { test } = require("@jest/globals");\ntest("adds an item", () => {});\n'


@pytest.mark.parametrize(
    ("repository", "status", "says"),
    [
        ("/nowhere/at/all", 1, "local path"),
        ("no-owner", 64, "owner/repository"),
        ("https://example.org/a/b", 64, "host"),
    ],
)
async def test_what_cannot_be_analysed_is_said_in_one_sentence(
    start: Start, settings: dict[str, str], repository: str, status: int, says: str
) -> None:
    process = await start("quickstart", repository, settings=settings)

    assert await process.exit_code() == status, process.text()
    assert says in process.text().strip().splitlines()[-1]
    assert "Traceback" not in process.text()


async def works(pool: Pool, workers: int) -> bool:
    migrated = await pool.fetchval("select to_regclass('fleet.worker') is not null")
    return bool(migrated) and await pool.fetchval("select count(*) from fleet.worker") == workers


async def page_of(process: Started) -> str:
    """Return the first page of the dashboard that *process* says it runs; nothing before that answers."""
    said = re.search(r"look at it: (http://127\.0\.0\.1:\d+)/\n", process.text())
    try:
        async with httpx2.AsyncClient() as browser:
            return (await browser.get(f"{said[1]}/")).text if said else ""
    except httpx2.ConnectError:
        return ""


async def test_up_runs_the_fleet_and_its_dashboard_until_ctrl_c_which_drains_it(
    start: Start, settings: dict[str, str], pool: Pool
) -> None:
    process = await start("up", settings=settings)

    await until(lambda: works(pool, 2), within=PATIENCE)
    assert "<title>" in await until(lambda: page_of(process), within=PATIENCE)
    process.kill(signal.SIGINT)

    assert await process.exit_code() == 0, process.text()
    assert await pool.fetchval("select count(*) from fleet.worker") == 0
    assert process.text().count("worker.stopped") == 2


async def test_a_fleet_whose_starter_is_killed_stops_by_itself(
    start: Start, settings: dict[str, str], pool: Pool
) -> None:
    process = await start("up", settings=settings)
    await until(lambda: works(pool, 2), within=PATIENCE)

    process.kill()

    await until(lambda: works(pool, 0), within=PATIENCE)

"""Repositories on a host: read with a user's stored token where they are private, and kept from everybody else."""

import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nacl.secret import SecretBox

from fleet.analysis.job import Analyze
from fleet.analysis.tokens import EncryptionKeys, KeyRing, token_owner
from fleet.config import Secret
from fleet.db import Pool
from fleet.testing.until import until
from tests.analysis.git.git_fixtures import authority, host, hosted
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import BareRepository
from tests.processes.conftest import KEY, PATIENCE, Start, Started
from tests.processes.test_analysis import ended, put

__all__ = ["authority", "host", "hosted"]

pytestmark = pytest.mark.usefixtures("migrated")

TOKEN = "ghp_token_of_user_one"
Users = Callable[..., Awaitable[None]]


@pytest.fixture
async def analyzer(start: Start, required: dict[str, dict[str, str]], host: FakeHost, tmp_path: Path) -> Started:
    started: Started = await start(
        "analyzer",
        settings=required["analyzer"]
        | {
            "ANALYZER_PROXY": str(host.network.proxy),
            "ANALYZER_CERTIFICATES": str(host.network.certificates),
            "ANALYZER_SCRATCH": str(tmp_path / "scratch"),
            "PARSER_PROCESSES": "1",
        },
    )
    return started


@pytest.fixture
def private(hosted: BareRepository, host: FakeHost) -> BareRepository:
    hosted.commit_files({"tests/test_a.py": b"def test_a(): ...\n", "conftest.py": b""})
    host.password = TOKEN
    return hosted


@pytest.fixture
def users(pool: Pool) -> Users:
    """Make users of the free plan; a text is the token stored for them, sealed as it says."""

    async def users(tokens: dict[int, str | None]) -> None:
        for user, sealed in tokens.items():
            await pool.execute("insert into app.users (id) values ($1)", user)
            if sealed is not None:
                await pool.execute("insert into app.oauth_accounts values ($1, 'github.com', $2)", user, sealed)

    return users


def sealed_for(user: int, token: str = TOKEN) -> str:
    return KeyRing(EncryptionKeys(KEY)).seal(Secret(token), owner=token_owner(user, "github.com"))


async def analyze(pool: Pool, user: int | None = None) -> dict[str, Any]:
    return await ended(pool, await put(pool, Analyze(owner="psf", repo="requests", user_id=user)))


async def history(pool: Pool) -> list[tuple[int, int | None]]:
    rows = await pool.fetch("select user_id, retention_days from app.user_analysis_history order by user_id")
    return [(row["user_id"], row["retention_days"]) for row in rows]


@pytest.mark.usefixtures("private")
async def test_a_private_repository_is_analysed_with_its_users_token_which_stays_secret(
    analyzer: Started, users: Users, pool: Pool
) -> None:
    await users({1: sealed_for(1)})

    analysis = await analyze(pool, user=1)

    assert analysis["outcome"] == "done", analysis
    assert msgspec.json.decode(analysis["result"])["tests"] == 1
    assert await pool.fetchval("select private from app.codebases")
    assert await history(pool) == [(1, 30)]
    assert TOKEN not in analyzer.text()


@pytest.mark.usefixtures("private", "analyzer")
async def test_a_token_that_the_former_system_sealed_is_read(users: Users, pool: Pool) -> None:
    box = SecretBox(base64.b64decode(KEY)).encrypt(TOKEN.encode())
    await users({1: base64.b64encode(bytes(box)).decode()})

    assert (await analyze(pool, user=1))["outcome"] == "done"


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize("user", [None, 1])
async def test_a_private_repository_without_a_token_is_refused_at_once_and_leaves_nothing_behind(
    analyzer: Started, users: Users, pool: Pool, user: int | None
) -> None:
    await users({1: None})

    analysis = await analyze(pool, user)

    assert (analysis["outcome"], analysis["error_class"], analysis["attempt"]) == ("failed", "RepositoryRefused", 1)
    assert "does not exist, or may not be read" in analysis["error_message"]
    assert await pool.fetchval("select count(*) from app.codebases") == 0
    assert analyzer.process.returncode is None


@pytest.mark.usefixtures("analyzer")
async def test_the_token_is_not_shown_where_the_repository_is_public(
    hosted: BareRepository, host: FakeHost, users: Users, pool: Pool
) -> None:
    hosted.commit_files({"tests/test_a.py": b"def test_a(): ...\n"})
    await users({1: sealed_for(1)})

    analysis = await analyze(pool, user=1)

    assert analysis["outcome"] == "done", analysis
    assert {request.authorization for request in host.requests} == {None}
    assert not await pool.fetchval("select private from app.codebases")


@pytest.mark.usefixtures("private", "analyzer")
async def test_another_user_gets_a_private_inventory_only_by_showing_that_he_can_fetch_it(
    users: Users, pool: Pool
) -> None:
    await users({1: sealed_for(1), 2: None, 3: sealed_for(3)})
    await analyze(pool, user=1)

    without_access = await analyze(pool, user=2)
    with_access = await analyze(pool, user=3)

    assert (without_access["outcome"], without_access["error_class"]) == ("failed", "RepositoryRefused")
    assert with_access["outcome"] == "done"
    assert msgspec.json.decode(with_access["result"])["new"] is False
    assert await history(pool) == [(1, 30), (3, 30)]
    assert await pool.fetchval("select count(*) from app.analyses") == 1


@pytest.mark.usefixtures("private", "analyzer")
async def test_a_token_that_cannot_be_read_fails_the_attempt_instead_of_going_on_without_it(
    users: Users, pool: Pool
) -> None:
    # Sealed for user 1, and copied into the row of user 2.
    await users({2: sealed_for(1)})
    job = await put(pool, Analyze(owner="psf", repo="requests", user_id=2))

    async def failed_once() -> Any:
        return await pool.fetchrow("select error_class, error_message from fleet.attempt where job_id = $1", job)

    error = await until(failed_once, within=PATIENCE)
    assert error["error_class"] == "TokenUnusable"
    assert "belongs to another owner" in error["error_message"]
    assert await pool.fetchval("select state::text from fleet.job where id = $1", job) == "scheduled"


@pytest.mark.usefixtures("analyzer")
async def test_a_repository_that_does_not_exist_fails_its_job_in_one_sentence(host: FakeHost, pool: Pool) -> None:
    host.root.mkdir(exist_ok=True)

    analysis = await analyze(pool)

    assert (analysis["outcome"], analysis["error_class"], analysis["attempt"]) == ("failed", "RepositoryRefused", 1)
    assert "\n" not in analysis["error_message"]


@pytest.mark.usefixtures("private")
async def test_a_host_that_is_not_to_be_asked_is_not_asked(
    start: Start, required: dict[str, dict[str, str]], host: FakeHost, users: Users, pool: Pool
) -> None:
    settings = {
        "ANALYZER_APIS": "github.com=none",
        "ANALYZER_PROXY": str(host.network.proxy),
        "ANALYZER_CERTIFICATES": str(host.network.certificates),
    }
    await start("analyzer", settings=required["analyzer"] | settings)
    await users({1: sealed_for(1)})

    analysis = await analyze(pool, user=1)

    assert analysis["outcome"] == "done", analysis
    assert host.api_requests == []
    row = await pool.fetchrow("select private, external_id from app.codebases")
    assert row is not None
    assert tuple(row) == (True, None)

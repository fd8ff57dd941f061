"""Repositories that change their names, their owners, their visibility or their history, and hosts that say nothing."""

import shutil
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fleet.analysis.job import Analyze
from fleet.config import Secret
from fleet.db import Pool
from fleet.testing.until import until
from tests.analysis.git.api import ApiAnswer, FakeApi, Listed, refusal
from tests.analysis.git.git_fixtures import authority, host, hosted
from tests.analysis.git.hosting import FakeHost
from tests.analysis.git.plumbing import BareRepository
from tests.processes.conftest import PATIENCE, Started
from tests.processes.test_analysis import ended, put
from tests.processes.test_private_repositories import TOKEN, Users, analyzer, sealed_for, users

__all__ = ["analyzer", "authority", "host", "hosted", "users"]

pytestmark = pytest.mark.usefixtures("migrated", "analyzer")


@pytest.fixture
def books(host: FakeHost, hosted: BareRepository) -> FakeApi:
    """The host's, in which psf/requests is public and has the number 7."""
    hosted.commit_files({"tests/test_a.py": b"def test_a(): ...\n"})
    host.api = books = FakeApi(tokens=frozenset({TOKEN}))
    books.list(Listed(7, "psf", "requests"))
    return books


@pytest.fixture
def rename(host: FakeHost, hosted: BareRepository, books: FakeApi) -> Callable[[str, str], None]:
    def rename(owner: str, name: str) -> None:
        target = host.root / owner / f"{name}.git"
        target.parent.mkdir(exist_ok=True)
        shutil.move(hosted.path, target)
        books.list(Listed(7, owner, name, private=books.repositories[7].private))

    return rename


async def analyze(pool: Pool, name: str = "psf/requests", **arguments: Any) -> dict[str, Any]:
    owner, _, repo = name.partition("/")
    row = await ended(pool, await put(pool, Analyze(owner=owner, repo=repo, **arguments)))
    return row | ({} if row["result"] is None else {"report": msgspec.json.decode(row["result"])})


async def addresses(pool: Pool) -> list[tuple[str, str | None]]:
    rows = await pool.fetch("select owner, repo, external_id from app.codebases order by id")
    return [(f"{row['owner']}/{row['repo']}", row["external_id"]) for row in rows]


async def first_failure(pool: Pool, job: int) -> tuple[str, str, str]:
    """Return how the job's first attempt ended: its outcome, the error's class and its message."""

    async def failure() -> Any:
        return await pool.fetchrow(
            "select outcome::text, error_class, error_message from fleet.attempt where job_id = $1", job
        )

    row = await until(failure, within=PATIENCE)
    return row["outcome"], row["error_class"], row["error_message"]


async def test_a_renamed_repository_is_analysed_under_either_name_as_one(
    rename: Callable[[str, str], None], pool: Pool
) -> None:
    before = await analyze(pool)
    rename("python", "asks")

    by_former_name = await analyze(pool, "psf/requests")
    by_name = await analyze(pool, "python/asks")

    assert [row["outcome"] for row in (before, by_former_name, by_name)] == ["done"] * 3
    assert len({row["report"]["analysis_id"] for row in (before, by_former_name, by_name)}) == 1
    assert await addresses(pool) == [("python/asks", "7")]


async def test_a_repository_renamed_before_anybody_saw_it_is_fetched_from_where_it_is(
    rename: Callable[[str, str], None], books: FakeApi, host: FakeHost, users: Users, pool: Pool
) -> None:
    books.list(Listed(7, "psf", "requests", private=True))
    rename("python", "asks")
    host.password = TOKEN
    await users({1: sealed_for(1)})

    analysis = await analyze(pool, user_id=1)

    assert analysis["outcome"] == "done", analysis
    assert await addresses(pool) == [("python/asks", "7")]
    assert await pool.fetchval("select private from app.codebases")


async def test_a_repository_made_anew_begins_anew_and_the_deleted_one_keeps_its_history(
    books: FakeApi, hosted: BareRepository, pool: Pool
) -> None:
    deleted = await analyze(pool)
    books.delete(7)
    books.list(Listed(8, "psf", "requests"))
    hosted.commit_files({"tests/test_b.py": b"import pytest\ndef test_b(): ...\ndef test_c(): ...\n"})

    anew = await analyze(pool)

    assert anew["report"]["tests"] == 2
    assert anew["report"]["analysis_id"] != deleted["report"]["analysis_id"]
    codebases = await pool.fetch("select codebase_id from app.analyses order by id")
    assert len({row["codebase_id"] for row in codebases}) == 2
    assert [address.partition("~")[0] for address, _ in await addresses(pool)] == ["psf/requests"] * 2
    assert [number for _, number in await addresses(pool)] == ["7", "8"]


async def test_a_commit_that_a_repository_made_anew_shares_is_its_own(books: FakeApi, pool: Pool) -> None:
    deleted = await analyze(pool)
    books.delete(7)
    books.list(Listed(8, "psf", "requests"))

    anew = await analyze(pool, commit=deleted["report"]["commit"])

    assert anew["report"]["new"]


async def test_a_forced_push_adds_an_inventory_to_the_same_codebase(
    books: FakeApi, hosted: BareRepository, pool: Pool
) -> None:
    before = await analyze(pool)
    hosted.commit_files({"tests/test_b.py": b"def test_b(): ...\n"})

    after = await analyze(pool)

    assert after["report"]["commit"] != before["report"]["commit"]
    assert books.repositories
    assert await addresses(pool) == [("psf/requests", "7")]
    assert await pool.fetchval("select count(*) from app.analyses where completed_at is not null") == 2


async def test_the_inventory_of_a_repository_that_has_become_private_is_not_shown_any_more(
    books: FakeApi, host: FakeHost, users: Users, pool: Pool
) -> None:
    known = await analyze(pool)
    books.list(Listed(7, "psf", "requests", private=True))
    host.password = TOKEN
    await users({1: sealed_for(1), 2: None})

    without = await analyze(pool, commit=known["report"]["commit"], user_id=2)
    with_token = await analyze(pool, commit=known["report"]["commit"], user_id=1)

    assert (without["outcome"], without["error_class"]) == ("failed", "RepositoryRefused")
    assert with_token["outcome"] == "done"
    assert await pool.fetchval("select private from app.codebases")


async def test_a_repository_that_becomes_public_is_so_after_the_next_fetch(
    books: FakeApi, host: FakeHost, hosted: BareRepository, users: Users, pool: Pool
) -> None:
    books.list(Listed(7, "psf", "requests", private=True))
    host.password = TOKEN
    await users({1: sealed_for(1)})
    assert (await analyze(pool, user_id=1))["outcome"] == "done"
    books.list(Listed(7, "psf", "requests"))
    host.password = None
    hosted.commit_files({"tests/test_b.py": b"def test_b(): ...\n"})

    assert (await analyze(pool))["outcome"] == "done"

    assert not await pool.fetchval("select private from app.codebases")


@pytest.mark.parametrize(
    "answer", [refusal(500, "Server Error"), ApiAnswer(200, {}, b"<html></html>")], ids=["500", "no JSON"]
)
async def test_an_api_that_says_nothing_fails_the_attempt_and_makes_nothing_public_or_private(
    books: FakeApi, host: FakeHost, users: Users, pool: Pool, answer: ApiAnswer
) -> None:
    await users({1: sealed_for(1)})
    host.api = lambda _: answer
    job = await put(pool, Analyze(owner="psf", repo="requests", user_id=1))

    outcome, error_class, message = await first_failure(pool, job)

    assert (outcome, error_class) == ("failed", "RepositoryUnavailable")
    assert TOKEN not in message
    assert host.requests == []
    assert books.repositories
    assert await addresses(pool) == []


async def test_a_rate_limit_puts_the_job_off_at_the_cost_of_no_attempt(
    books: FakeApi, host: FakeHost, pool: Pool
) -> None:
    answers = [refusal(403, "API rate limit exceeded", {"Retry-After": "1"})]
    host.api = lambda request: answers.pop() if answers else books(request)

    analysis = await analyze(pool)

    assert (analysis["outcome"], analysis["attempt"]) == ("done", 1)


@pytest.mark.parametrize("commit", [None, "a" * 40], ids=["HEAD", "a commit"])
async def test_what_the_api_calls_public_and_git_refuses_may_pass(
    books: FakeApi, host: FakeHost, hosted: BareRepository, pool: Pool, commit: str | None
) -> None:
    shutil.rmtree(hosted.path)
    job = await put(pool, Analyze(owner="psf", repo="requests", commit=commit))

    outcome, error_class, message = await first_failure(pool, job)

    assert (outcome, error_class) == ("failed", "RepositoryUnavailable")
    assert "git has not" in message
    assert books.repositories
    assert len(host.api_requests) >= 1


async def test_a_token_reaches_the_api_and_is_written_nowhere(
    books: FakeApi, analyzer: Started, host: FakeHost, users: Users, pool: Pool
) -> None:
    await users({1: sealed_for(1)})
    host.api = lambda request: refusal(500, Secret(request.authorization or "").reveal())
    job = await put(pool, Analyze(owner="psf", repo="requests", user_id=1))

    told = await first_failure(pool, job)

    assert books.repositories
    assert [request.authorization for request in host.api_requests] == [f"Bearer {TOKEN}"]
    assert TOKEN not in "".join(told)
    assert TOKEN not in analyzer.text()

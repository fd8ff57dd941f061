"""A codebase follows its repository by the number the host gave it, and no other repository gets its history."""

from datetime import datetime, timedelta

import anyio
import pytest

from fleet.analysis import codebases, store
from fleet.analysis.codebases import Sighting
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress
from fleet.db import Pool
from fleet.errors import Retry
from fleet.testing.until import until

REQUESTS = RepositoryAddress("github.com", "psf", "requests")
ASKS = RepositoryAddress("github.com", "python", "asks")
EARLIER = timedelta(hours=-1)


async def see(
    pool: Pool,
    number: str,
    address: RepositoryAddress = REQUESTS,
    *,
    private: bool = False,
    openly: bool | None = None,
    asked: timedelta = timedelta(0),
) -> int:
    """Recognise a repository that was fetched, with a token only where it is private unless *openly* says otherwise."""
    asked_at = await codebases.time_of(pool) + asked
    sighting = Sighting(Identity(number, address, private), asked_at)
    return await codebases.recognise(pool, sighting, openly=not private if openly is None else openly)


async def row(pool: Pool, codebase: int) -> tuple[str, str, str | None, bool]:
    found = await pool.fetchrow("select owner, repo, external_id, private from app.codebases where id = $1", codebase)
    assert found is not None
    return (found["owner"], found["repo"], found["external_id"], found["private"])


async def test_a_new_repository_gets_a_codebase(pool: Pool) -> None:
    codebase = await see(pool, "7")

    assert await row(pool, codebase) == ("psf", "requests", "7", False)


async def test_a_known_repository_keeps_its_codebase(pool: Pool) -> None:
    assert await see(pool, "7") == await see(pool, "7")


async def test_the_same_number_on_another_host_is_another_repository(pool: Pool) -> None:
    elsewhere = RepositoryAddress("git.example.org", "python", "asks")

    assert await see(pool, "7") != await see(pool, "7", elsewhere)


async def test_a_codebase_whose_number_was_not_known_is_given_it(pool: Pool) -> None:
    before = await store.codebase_at(pool, REQUESTS, private=False)

    assert await see(pool, "7", RepositoryAddress("github.com", "PSF", "Requests")) == before
    assert await row(pool, before) == ("PSF", "Requests", "7", False)


@pytest.mark.parametrize("address", [ASKS, RepositoryAddress("github.com", "psf", "Requests-2")])
async def test_a_renamed_or_transferred_repository_keeps_its_codebase(pool: Pool, address: RepositoryAddress) -> None:
    before = await see(pool, "7")

    assert await see(pool, "7", address) == before
    assert (await row(pool, before))[:2] == (address.owner, address.repo)


async def test_a_repository_made_anew_under_the_name_of_a_deleted_one_has_none_of_its_history(pool: Pool) -> None:
    deleted = await see(pool, "7")

    anew = await see(pool, "8")

    assert anew != deleted
    assert await row(pool, anew) == ("psf", "requests", "8", False)
    assert await row(pool, deleted) == ("psf", f"requests~{deleted}", "7", False)


async def test_a_restored_repository_has_its_codebase_and_its_address_again(pool: Pool) -> None:
    deleted = await see(pool, "7")
    anew = await see(pool, "8")

    assert await see(pool, "7") == deleted
    assert await row(pool, deleted) == ("psf", "requests", "7", False)
    assert await row(pool, anew) == ("psf", f"requests~{anew}", "8", False)


async def test_two_repositories_can_change_names(pool: Pool) -> None:
    first, second = await see(pool, "7", REQUESTS), await see(pool, "8", ASKS)

    assert (await see(pool, "7", ASKS), await see(pool, "8", REQUESTS)) == (first, second)
    assert (await row(pool, first))[1] == "asks"
    assert (await row(pool, second))[1] == "requests"


async def test_a_codebase_without_a_number_loses_its_address_to_a_renamed_repository(pool: Pool) -> None:
    numberless = await store.codebase_at(pool, ASKS, private=False)
    renamed = await see(pool, "7", REQUESTS)

    assert await see(pool, "7", ASKS) == renamed
    assert (await row(pool, numberless))[1] == f"asks~{numberless}"


async def test_a_repository_that_becomes_private_is_private_at_once(pool: Pool) -> None:
    codebase = await see(pool, "7")

    await see(pool, "7", private=True)

    assert (await row(pool, codebase))[3]


async def test_a_repository_is_public_again_when_its_host_says_so_and_anybody_can_fetch_it(pool: Pool) -> None:
    codebase = await see(pool, "7", private=True)

    await see(pool, "7", private=False, openly=False)
    by_word_alone = (await row(pool, codebase))[3]
    await see(pool, "7", private=False, openly=True)

    assert by_word_alone
    assert not (await row(pool, codebase))[3]


async def test_to_have_been_fetched_by_anybody_makes_nothing_public_that_its_host_calls_private(pool: Pool) -> None:
    codebase = await see(pool, "7", private=True)

    await see(pool, "7", private=True, openly=True)

    assert (await row(pool, codebase))[3]


async def test_a_public_repository_is_not_taken_for_the_private_one_that_was_at_its_address(pool: Pool) -> None:
    private = await store.codebase_at(pool, REQUESTS, private=True)

    public = await see(pool, "8")

    assert public != private
    assert await row(pool, private) == ("psf", f"requests~{private}", None, True)


async def test_a_private_repository_is_taken_for_the_private_one_that_was_at_its_address(pool: Pool) -> None:
    private = await store.codebase_at(pool, REQUESTS, private=True)

    assert await see(pool, "8", private=True) == private


async def test_an_older_answer_makes_nothing_public(pool: Pool) -> None:
    codebase = await see(pool, "7", private=True)

    assert await see(pool, "7", private=False, asked=EARLIER) == codebase
    assert (await row(pool, codebase))[3]


async def test_an_older_answer_renames_nothing_back(pool: Pool) -> None:
    codebase = await see(pool, "7", ASKS)

    await see(pool, "7", REQUESTS, asked=EARLIER)

    assert (await row(pool, codebase))[1] == "asks"


async def test_an_older_answer_takes_no_address(pool: Pool) -> None:
    codebase = await see(pool, "8")

    with pytest.raises(Retry):
        await see(pool, "7", asked=EARLIER)

    assert await row(pool, codebase) == ("psf", "requests", "8", False)
    assert await pool.fetchval("select count(*) from app.codebases") == 1


async def test_an_address_is_held_by_one_codebase_however_many_take_it_at_once(pool: Pool) -> None:
    codebases_of: dict[str, set[int]] = {"7": set(), "8": set()}

    async def take(number: str, address: RepositoryAddress) -> None:
        try:
            codebases_of[number].add(await see(pool, number, address))
        except Retry:
            return

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(take, "7", REQUESTS)
            tasks.start_soon(take, "8", ASKS)
            tasks.start_soon(take, "7", ASKS)
            tasks.start_soon(take, "8", REQUESTS)

    assert [len(found) for found in codebases_of.values()] == [1, 1]
    assert await pool.fetchval("select count(*) from app.codebases") == 2


async def test_those_who_ask_of_one_host_wait_for_each_other_and_of_another_do_not(pool: Pool) -> None:
    elsewhere = RepositoryAddress("git.example.org", "psf", "requests")
    lock = "select pg_advisory_xact_lock(hashtextextended('app.codebases github.com', 0))"
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"

    async def someone_waits() -> bool:
        return bool(await pool.fetchval(waiting))

    async with anyio.create_task_group() as tasks, pool.transaction() as connection:
        await connection.execute(lock)
        tasks.start_soon(see, pool, "7")
        await until(someone_waits, within=timedelta(seconds=10))
        await see(pool, "7", elsewhere)
        before = await pool.fetchval("select count(*) from app.codebases where host = 'github.com'")

    assert before == 0
    assert await pool.fetchval("select count(*) from app.codebases") == 2


async def test_rows_of_before_numbers_were_known_need_none(pool: Pool) -> None:
    for repo in ("a", "b"):
        await store.codebase_at(pool, RepositoryAddress("github.com", "psf", repo), private=False)

    rows = await pool.fetch("select external_id, seen_at from app.codebases")

    assert [tuple(row) for row in rows] == [(None, None), (None, None)]


async def test_a_workers_clock_says_nothing_of_what_is_newer(pool: Pool) -> None:
    now = await pool.fetchval("select clock_timestamp()")

    asked_at = await codebases.time_of(pool)

    assert isinstance(asked_at, datetime)
    assert timedelta(0) <= asked_at - now < timedelta(seconds=10)

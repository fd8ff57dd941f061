"""Who may write an inventory, and who may see one."""

import pytest

from fleet.analysis import store
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.inventory import Location, Suite, Test, TestFile, Unparsed
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Totals, Writer
from fleet.db import Pool, ServerError
from fleet.errors import LeaseLost

ADDRESS = RepositoryAddress("github.com", "psf", "requests")
COMMIT = "a" * 40
WORKER = "00000000-0000-0000-0000-000000000001"
HERE = Location(1, 2, 0, 4)


async def running_job(pool: Pool) -> tuple[int, int]:
    """Return the claim of a job that a worker is running."""
    job = await pool.fetchval(
        "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at)"
        " values ('analyze', 'analysis_default', 'running', 1, 1, $1, now()) returning id",
        WORKER,
    )
    return job, 1


async def begin(pool: Pool, claim: tuple[int, int]) -> Writer | None:
    codebase = await store.codebase_at(pool, ADDRESS, private=False)
    return await store.begin(pool, codebase, COMMIT, "1", userless=True, claim=claim)


async def complete(pool: Pool, writer: Writer) -> None:
    async with pool.transaction() as connection:
        await store.complete(connection, writer, Totals(writer.analysis, 1, 1, 1), {"parse": 1.0})


def a_file(path: str) -> TestFile:
    inner = Suite("inner", "active", HERE, tests=(Test("c", "todo", HERE),))
    outer = Suite("outer", "skipped", HERE, suites=(inner,), tests=(Test("b", "active", HERE),))
    return TestFile(path, "python", "pytest", suites=(outer,), tests=(Test("a", "xfail", HERE),))


async def test_suites_and_tests_are_numbered_with_their_parents_first(pool: Pool) -> None:
    writer = await begin(pool, await running_job(pool))
    assert writer is not None

    await store.write_batch(pool, writer, [(1, a_file("test_a.py")), (2, Unparsed("test_b.py", "too large"))])

    suites = await pool.fetch("select suite, parent, name, status from app.test_suites order by suite")
    cases = await pool.fetch("select test, suite, name, status from app.test_cases order by test")
    files = await pool.fetch("select file, path, framework, unparsed from app.test_files order by file")
    assert [tuple(row) for row in suites] == [(1, None, "outer", "skipped"), (2, 1, "inner", "active")]
    assert [tuple(row) for row in cases] == [(1, None, "a", "xfail"), (2, 1, "b", "active"), (3, 2, "c", "todo")]
    assert [tuple(row) for row in files] == [(1, "test_a.py", "pytest", None), (2, "test_b.py", None, "too large")]


@pytest.mark.parametrize(
    "name",
    [
        "'; drop table app.test_cases; --",
        "$$; delete from app.test_files; $$",
        "a\tb\nc\\.\\N",
        "\"a\" || 'b' %s $1 :name {x}",
        "\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}",
    ],
)
async def test_a_name_is_stored_as_it_is_whatever_it_would_mean_elsewhere(pool: Pool, name: str) -> None:
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    suite = Suite(name, "active", HERE, tests=(Test(name, "active", HERE),))

    await store.write_batch(
        pool, writer, [(1, TestFile(name, "python", "pytest", suites=(suite,))), (2, Unparsed("b.py", name))]
    )

    stored = await pool.fetchrow(
        "select path, test_suites.name as suite, test_cases.name as test,"
        " (select unparsed from app.test_files where file = 2) as reason"
        " from app.test_files join app.test_suites using (file) join app.test_cases using (file)"
    )
    assert stored is not None
    assert tuple(stored) == (name, name, name, name)


async def test_an_inventory_has_one_writer_while_its_job_runs(pool: Pool) -> None:
    first = await begin(pool, await running_job(pool))
    second = await begin(pool, await running_job(pool))

    assert first is not None
    assert second is None


async def test_a_later_claim_takes_an_inventory_over_and_clears_what_was_stored(pool: Pool) -> None:
    job, token = await running_job(pool)
    former = await begin(pool, (job, token))
    assert former is not None
    await store.write_batch(pool, former, [(1, a_file("test_a.py"))])

    later = await begin(pool, (job, token + 2))

    assert later == Writer(former.analysis, job, token + 2)
    assert await pool.fetchval("select count(*) from app.test_files") == 0
    with pytest.raises(LeaseLost):
        await store.write_batch(pool, former, [(1, a_file("test_a.py"))])
    with pytest.raises(LeaseLost):
        await complete(pool, former)


async def test_the_inventory_of_a_job_that_has_ended_is_taken_over_by_another(pool: Pool) -> None:
    job, token = await running_job(pool)
    former = await begin(pool, (job, token))
    await pool.execute("delete from fleet.job where id = $1", job)

    later = await begin(pool, await running_job(pool))

    assert former is not None
    assert later is not None
    assert later.analysis == former.analysis


async def test_a_whole_inventory_has_no_writer_any_more(pool: Pool) -> None:
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    await complete(pool, writer)

    assert await begin(pool, await running_job(pool)) is None
    with pytest.raises(LeaseLost):
        await store.write_batch(pool, writer, [(1, a_file("test_a.py"))])


@pytest.mark.parametrize("user", [None, 1])
async def test_an_inventory_is_remembered_for_its_user_only_once_it_is_whole(pool: Pool, user: int | None) -> None:
    await pool.execute("insert into app.users (id) values (1)")
    writer = await begin(pool, await running_job(pool))
    assert writer is not None

    async with pool.transaction() as connection:
        before = await store.remember(connection, writer.analysis, user)
    await complete(pool, writer)
    async with pool.transaction() as connection:
        after = [await store.remember(connection, writer.analysis, user) for _ in range(2)]

    assert (before, after) == (False, [True, True])
    assert await pool.fetchval("select count(*) from app.user_analysis_history") == (0 if user is None else 1)


async def test_a_private_inventory_is_found_by_users_who_have_it_only(pool: Pool) -> None:
    await pool.execute("insert into app.users (id) values (1), (2)")
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    await complete(pool, writer)
    async with pool.transaction() as connection:
        await store.remember(connection, writer.analysis, 1)

    public = [await store.find_completed(pool, ADDRESS, COMMIT, "1", user) for user in (None, 1, 2)]
    await store.codebase_at(pool, ADDRESS, private=True)
    private = [await store.find_completed(pool, ADDRESS, COMMIT, "1", user) for user in (None, 1, 2)]

    assert [found is not None for found in public] == [True, True, True]
    assert [found is not None for found in private] == [False, True, False]


async def test_what_a_host_has_just_shown_is_found_by_its_number_and_the_private_by_users_who_have_it_only(
    pool: Pool,
) -> None:
    await pool.execute("insert into app.users (id) values (1), (2)")
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    await complete(pool, writer)
    async with pool.transaction() as connection:
        await store.remember(connection, writer.analysis, 1)
    # Its address is another one by now, and another host has the same number.
    await pool.execute("update app.codebases set repo = 'elsewhere', external_id = '7', seen_at = now()")
    await pool.execute(
        "insert into app.codebases (host, owner, repo, external_id, seen_at) values ('a.org', 'psf', 'b', '7', now())"
    )

    async def found(*, private: bool, number: str = "7", at: RepositoryAddress = ADDRESS) -> list[bool]:
        identity = Identity(number, at, private)
        return [await store.find_seen(pool, identity, COMMIT, "1", user) is not None for user in (None, 1, 2)]

    public, private = await found(private=False), await found(private=True)
    unknown = await found(private=False, number="8")
    elsewhere = await found(private=False, at=RepositoryAddress("a.org", "psf", "b"))
    await pool.execute("update app.codebases set private = true")
    private_before = await found(private=False)

    assert public == [True, True, True]
    assert private == [False, True, False]
    assert unknown == elsewhere == [False, False, False]
    assert private_before == [False, True, False]


async def test_a_codebase_is_one_whatever_the_case_of_its_address_and_stays_private_once_it_was(pool: Pool) -> None:
    first = await store.codebase_at(pool, ADDRESS, private=True)
    second = await store.codebase_at(pool, RepositoryAddress("github.com", "PSF", "Requests"), private=False)

    assert first == second
    assert await pool.fetchval("select private from app.codebases")


async def stored(pool: Pool) -> list[int]:
    """How many files, suites and tests there are."""
    return [await pool.fetchval(f"select count(*) from app.test_{each}") for each in ("files", "suites", "cases")]


@pytest.mark.parametrize(
    ("removal", "left"),
    [
        ("delete from app.test_files where file = 1", [1, 2, 3]),
        ("delete from app.test_files", [0, 0, 0]),
        ("truncate app.test_files", [0, 0, 0]),
        ("truncate app.codebases cascade", [0, 0, 0]),
        ("delete from app.analyses", [0, 0, 0]),
    ],
)
async def test_what_is_in_a_file_goes_with_it_however_that_goes(pool: Pool, removal: str, left: list[int]) -> None:
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    await store.write_batch(pool, writer, [(1, a_file("test_a.py")), (2, a_file("test_b.py"))])

    await pool.execute(removal)

    assert await stored(pool) == left


async def test_files_of_one_inventory_leave_those_of_another_alone(pool: Pool) -> None:
    for repository in ("a", "b"):
        codebase = await store.codebase_at(pool, RepositoryAddress("github.com", "psf", repository), private=False)
        writer = await store.begin(pool, codebase, COMMIT, "1", userless=True, claim=await running_job(pool))
        assert writer is not None
        await store.write_batch(pool, writer, [(1, a_file("test_a.py"))])

    await pool.execute("delete from app.test_files where analysis_id = (select max(id) from app.analyses)")

    assert await stored(pool) == [1, 2, 3]


async def test_a_file_is_seen_with_all_that_is_in_it_or_not_at_all(pool: Pool) -> None:
    writer = await begin(pool, await running_job(pool))
    assert writer is not None
    await pool.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;"
        "create trigger refuse before insert on app.test_cases execute function refuse()"
    )

    with pytest.raises(ServerError, match="no room"):
        await store.write_batch(pool, writer, [(1, a_file("test_a.py"))])

    assert await stored(pool) == [0, 0, 0]

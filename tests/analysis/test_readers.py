"""What people ask of inventories: the newest, the counts, the tests with some words, and what became of the tests."""

from collections.abc import Sequence

import pytest

from fleet.analysis.repository import RepositoryAddress
from fleet.db import Pool
from tests.analysis.inventories import Written, take

FLASK = RepositoryAddress("github.com", "pallets", "flask")


async def compared(pool: Pool, before: Written, after: Written) -> list[tuple[str, str | None, str | None]]:
    """What became of tests between two inventories: the change, the test after it and the test before."""
    first, second = await take(pool, "a", before), await take(pool, "b", after)
    rows = await pool.fetch("select * from app.compare_analyses($1, $2)", first, second)
    return [
        (
            row["change"],
            told(row["path"], row["suites"], row["name"]),
            told(row["path_before"], row["suites_before"], row["name_before"]),
        )
        for row in rows
    ]


def told(path: str | None, suites: Sequence[str], name: str) -> str | None:
    return None if path is None else f"{path}: {' > '.join((*suites, name))}"


async def test_the_latest_analysis_of_a_repository_is_the_one_completed_last(pool: Pool) -> None:
    await take(pool, "a", {"t.py": ["one"]})
    newest = await take(pool, "b", {"t.py": ["one", "two"]})
    other = await take(pool, "c", {"t.py": ["one"]}, of=FLASK)
    # One that is not whole.
    await pool.execute(
        "insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at)"
        " select id, repeat('d', 40), '1', true, 7, 1, now() from app.codebases"
    )

    rows = await pool.fetch("select owner, analysis_id, tests from app.latest_analysis order by owner")

    assert [tuple(row) for row in rows] == [("pallets", other, 1), ("psf", newest, 2)]


async def test_tests_are_counted_by_framework_and_status(pool: Pool) -> None:
    analysis = await take(pool, "a", {"a.py": ["one", ("two", "skipped")], "b.py": ["three"], "c.py": []})

    rows = await pool.fetch(
        "select framework, status, files, tests from app.test_counts where analysis_id = $1 order by status", analysis
    )

    assert [tuple(row) for row in rows] == [
        ("pytest", "active", 2, 2),
        ("pytest", "skipped", 1, 1),
        ("pytest", None, 1, 0),
    ]


async def test_a_test_has_the_names_of_its_suites_from_the_outside_in(pool: Pool) -> None:
    analysis = await take(pool, "a", {"t.py": ["Cart > when empty > has no total", "Cart > adds", "alone"]})

    rows = await pool.fetch("select suites, name from app.tests_of($1) order by place", analysis)

    assert [tuple(row) for row in rows] == [
        (["Cart", "when empty"], "has no total"),
        (["Cart"], "adds"),
        ([], "alone"),
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("TOTAL", ["has no total", "has a total"]),
        ("empty total", ["has no total"]),
        ("cart.py adds", ["adds 100%"]),
        ("100%", ["adds 100%"]),
        ("_", []),
        ("nothing of the kind", []),
        ("  total  a ", ["has no total", "has a total"]),
    ],
)
async def test_tests_are_found_by_words_of_their_names_suites_and_path(
    pool: Pool, words: str, found: list[str]
) -> None:
    analysis = await take(
        pool, "a", {"cart.py": ["Cart > when empty > has no total", "Cart > has a total", "Cart > adds 100%"]}
    )

    rows = await pool.fetch("select name from app.find_tests($1, $2)", analysis, words)

    assert [row["name"] for row in rows] == found


async def test_no_more_tests_are_found_than_asked_for(pool: Pool) -> None:
    analysis = await take(pool, "a", {"t.py": ["one", "two", "three"]})

    assert len(await pool.fetch("select from app.find_tests($1, 't', 2)", analysis)) == 2


async def test_tests_that_stayed_as_they_were_are_not_told(pool: Pool) -> None:
    written = {"t.py": ["S > same", "S > same", "other"], "u.py": ["same"]}

    assert await compared(pool, written, written) == []


async def test_what_came_and_what_went_is_told(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["goes away", "stays"]}, {"t.py": ["stays", "comes along"]})

    assert changes == [("removed", None, "t.py: goes away"), ("added", "t.py: comes along", None)]


async def test_of_equal_tests_one_that_went_is_told_once(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["same", "same"]}, {"t.py": ["same"]})

    assert changes == [("removed", None, "t.py: same")]


async def test_another_status_is_told(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["one", "two"]}, {"t.py": ["one", ("two", "skipped")]})

    assert changes == [("status", "t.py: two", "t.py: two")]


async def test_tests_whose_suite_was_renamed_are_renamed(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["Cart > adds"]}, {"t.py": ["Basket > adds"]})

    assert changes == [("renamed", "t.py: Basket > adds", "t.py: Cart > adds")]


async def test_of_equal_names_in_suites_that_were_renamed_each_has_one_partner(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["A > adds", "B > adds"]}, {"t.py": ["C > adds", "D > adds"]})

    assert changes == [("renamed", "t.py: C > adds", "t.py: A > adds"), ("renamed", "t.py: D > adds", "t.py: B > adds")]


async def test_a_test_that_is_in_another_file_now_moved(pool: Pool) -> None:
    changes = await compared(pool, {"old.py": ["S > one"], "a.py": []}, {"old.py": [], "new.py": ["S > one"]})

    assert changes == [("moved", "new.py: S > one", "old.py: S > one")]


async def test_a_test_moved_though_its_old_file_has_one_of_its_name_in_another_suite(pool: Pool) -> None:
    changes = await compared(pool, {"old.py": ["S > one"]}, {"old.py": ["T > one"], "new.py": ["S > one"]})

    assert changes == [("moved", "new.py: S > one", "old.py: S > one"), ("added", "old.py: T > one", None)]


async def test_where_several_files_could_be_meant_nothing_moved(pool: Pool) -> None:
    changes = await compared(pool, {"old.py": ["one"]}, {"new.py": ["one"], "newer.py": ["one"]})

    assert sorted(change for change, _, _ in changes) == ["added", "added", "removed"]


async def test_a_test_with_half_of_its_words_the_same_was_renamed(pool: Pool) -> None:
    changes = await compared(
        pool,
        {"t.py": ["S > test_getUserById", "S > breaks"]},
        {"t.py": ["S > test_get_user_by_name", "S > test_get_user_by_id_fast", "S > makes nothing of it"]},
    )

    assert ("renamed", "t.py: S > test_get_user_by_id_fast", "t.py: S > test_getUserById") in changes
    assert sorted(change for change, _, _ in changes) == ["added", "added", "removed", "renamed"]


async def test_names_in_other_alphabets_are_compared_as_well(pool: Pool) -> None:
    changes = await compared(pool, {"t.py": ["сумма корзины верна"]}, {"t.py": ["сумма корзины неверна"]})

    assert [change for change, _, _ in changes] == ["renamed"]


async def test_an_inventory_that_is_not_there_has_no_tests(pool: Pool) -> None:
    there = await take(pool, "a", {"t.py": ["one"]})

    rows = await pool.fetch("select change from app.compare_analyses($1, $2)", there + 1000, there)

    assert [row["change"] for row in rows] == ["added"]


async def test_large_suites_that_were_written_anew_are_compared_in_bounded_time(pool: Pool) -> None:
    before: Written = {"t.py": [f"case number {number}" for number in range(2000)]}
    after: Written = {"t.py": [f"case number {number} again" for number in range(2000)]}

    changes = await compared(pool, before, after)

    assert {change for change, _, _ in changes} == {"added", "removed"}
    assert len(changes) == 4000


async def test_reading_one_inventory_reads_no_other(pool: Pool) -> None:
    for commit in "abcdef":
        await take(pool, commit, {f"t{file}.py": [f"test {number}" for number in range(50)] for file in range(20)})
    await pool.execute(
        "insert into app.codebases (host, owner, repo)"
        " select 'github.com', 'o', 'r' || n from generate_series(1, 2000) n;"
        "insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,"
        " completed_at, candidates, files, tests)"
        " select id, md5(v::text) || 'aaaaaaaa', v, true, 7, 1, now(), now(), 0, 0, 0"
        " from app.codebases, generate_series(1, 5) v;"
        "analyze app.test_cases; analyze app.test_files; analyze app.analyses; analyze app.codebases"
    )

    async def plan(query: str) -> str:
        return "\n".join(row[0] for row in await pool.fetch(f"explain (costs off) {query}"))

    assert "Seq Scan on test_cases" not in await plan("select * from app.tests_of(3)")
    assert "Seq Scan on test_cases" not in await plan("select * from app.test_counts where analysis_id = 3")
    assert "analyses_latest" in await plan("select * from app.latest_analysis")

"""Inventories on the command line."""

import json

import pytest

from fleet.db import Pool
from tests.analysis.inventories import take
from tests.processes.conftest import Start

pytestmark = pytest.mark.usefixtures("migrated")

Required = dict[str, dict[str, str]]


@pytest.fixture
async def two(pool: Pool, migrated: None) -> tuple[int, int]:  # noqa: ARG001  # in this order
    """Two inventories of psf/requests."""
    before = await take(pool, "a", {"t.py": ["Cart > adds", "Cart > breaks", "leaves"]})
    after = await take(pool, "b", {"t.py": ["Cart > adds", ("Cart > breaks", "skipped"), "comes"]})
    return before, after


async def test_the_newest_two_of_a_repository_are_compared(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("inventory", "compare", "PSF/requests", settings=required["inventory"])

    assert await process.exit_code() == 0, process.text()
    assert process.text().splitlines() == [
        "! t.py:2  Cart > breaks  (active before)  [skipped]",
        "+ t.py:3  comes",
        "- t.py  leaves",
    ]
    assert two


async def test_two_that_are_named_are_compared_as_json(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("inventory", "compare", str(two[1]), str(two[0]), "--json", settings=required["inventory"])

    assert await process.exit_code() == 0, process.text()
    rows = [json.loads(line) for line in process.text().splitlines()]
    assert [(row["change"], row["name"], row["name_before"]) for row in rows] == [
        ("status", "breaks", "breaks"),
        ("added", "leaves", None),
        ("removed", None, "comes"),
    ]


async def test_tests_are_found_by_words(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("inventory", "find", "psf/requests", "cart", "BREAKS", settings=required["inventory"])

    assert await process.exit_code() == 0, process.text()
    assert process.text() == "t.py:2  Cart > breaks  [skipped]\n"
    assert two


async def test_the_totals_of_an_inventory_are_shown(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("inventory", "show", str(two[0]), settings=required["inventory"])

    assert await process.exit_code() == 0, process.text()
    assert "3 tests in 1 test files of 1 candidates" in process.text()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("show", "4711"), 65, "there are not as many whole inventories (of=4711, wanted=1, found=0)"),
        (("show", "9" * 30), 65, "there are not as many whole inventories"),
        (("compare", "nobody/nothing"), 65, "there are not as many whole inventories"),
        (("show", "../.."), 64, "repository"),
        (("compare",), 64, "inventory"),
        ((), 64, "command"),
        (("find", "1", "x", "--at-most", "many"), 64, "invalid int value"),
    ],
)
async def test_what_cannot_be_answered_is_told_in_a_sentence(
    start: Start, required: Required, arguments: tuple[str, ...], code: int, told: str
) -> None:
    process = await start("inventory", *arguments, settings=required["inventory"])

    assert await process.exit_code() == code, process.text()
    assert told in process.text()
    assert "Traceback" not in process.text()

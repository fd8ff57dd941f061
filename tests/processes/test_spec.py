"""Specification documents on the command line."""

import json
import os
import sys

import anyio
import pytest

from fleet.db import Pool
from tests.processes.conftest import Start
from tests.specgen.inventories import SHOP, File, Written, store_analysis, write_document

pytestmark = pytest.mark.usefixtures("migrated")

Required = dict[str, dict[str, str]]
AFTER = (
    SHOP[0],
    File("tests/users/test_login.py", (Written("test_refuses_wrong_password", ("TestLogin",), "skipped"),)),
    File("tests/users/test_logout.py", (Written("test_ends_session"),)),
)


@pytest.fixture
async def two(pool: Pool, migrated: None) -> tuple[int, int]:  # noqa: ARG001  # in this order
    """Two documents of acme/shop."""
    async with pool.acquire() as connection:
        first = await store_analysis(connection)
        second = await store_analysis(connection, AFTER, commit="f" * 40)
    return await write_document(pool, first), await write_document(pool, second)


async def test_the_newest_document_of_a_repository_is_shown(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "show", "ACME/shop", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert process.text().startswith("# acme/shop\n\nSpecification at commit [`ffffffffffff`]")
    assert two


async def test_a_document_is_shown_by_its_number_as_a_page(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "show", str(two[0]), "--format", "html", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert process.text().startswith("<!doctype html>")
    assert "Locks account" in process.text()


async def test_a_host_whose_maker_is_set_has_links(start: Start, required: Required, pool: Pool) -> None:
    async with pool.acquire() as connection:
        analyses = [
            await store_analysis(connection, files, host="git.example.org", commit=commit * 40)
            for files, commit in ((SHOP, "a"), (AFTER, "b"))
        ]
    documents = [str(await write_document(pool, analysis)) for analysis in analyses]
    settings = required["spec"] | {"ANALYZER_APIS": "git.example.org=gitlab,github.com=none"}

    show = await start("spec", "show", documents[0], settings=settings)
    diff = await start("spec", "diff", *documents, "--format", "markdown", settings=settings)

    assert (await show.exit_code(), await diff.exit_code()) == (0, 0), show.text() + diff.text()
    assert "](https://git.example.org/acme/shop/-/blob/" in show.text()
    assert "](https://git.example.org/acme/shop/-/tree/" + "a" * 40 in diff.text()
    assert "](https://git.example.org/acme/shop/-/tree/" + "b" * 40 in diff.text()


async def test_a_document_is_shown_as_plain_text(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("spec", "show", str(two[0]), "--format", "text", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert process.text().startswith("acme/shop\n\nSpecification at commit 0123456789ab: ")
    assert "  Totals (tests/cart/test_totals.py)\n    - " in process.text()


async def test_an_earlier_version_is_shown_as_json(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("spec", "show", "acme/shop", "--version", "1", "--format", "json", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert json.loads(process.text())["tests"] == 4
    assert two


async def test_the_documents_of_a_repository_are_listed(start: Start, required: Required, two: tuple[int, int]) -> None:
    process = await start("spec", "list", "acme/shop", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert [line.split("  ")[:2] for line in process.text().splitlines()] == [
        [str(two[1]), "acme/shop English version 2"],
        [str(two[0]), "acme/shop English version 1"],
    ]


async def test_the_documents_of_all_repositories_are_listed_as_json(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "list", "--json", "--at-most", "1", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert [json.loads(line)["id"] for line in process.text().splitlines()] == [two[1]]


async def test_a_document_is_compared_with_the_version_before(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "diff", "acme/shop", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert process.text().splitlines() == [
        "! tests/users/test_login.py:10  Users / Login: Refuses wrong password  (active before, skipped now)",
        "+ tests/users/test_logout.py:10  Users / Logout: Ends session",
        "- tests/users/test_login.py:20  Users / Login: Locks account",
    ]
    assert two


async def test_two_documents_that_are_named_are_compared_as_json(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "diff", str(two[1]), str(two[0]), "--format", "json", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    changes = [json.loads(line) for line in process.text().splitlines()]
    assert [change["kind"] for change in changes] == ["status", "added", "removed"]


async def test_a_reader_may_leave_before_the_end(required: Required, two: tuple[int, int]) -> None:
    show = f"{sys.executable} -m entrypoints.spec show {two[0]} --format html"

    ended = await anyio.run_process(
        ["bash", "-c", f"set -o pipefail; {show} | true"], check=False, env={**os.environ, **required["spec"]}
    )

    assert (ended.returncode, ended.stderr) == (0, b"")


async def test_the_schema_of_the_json_needs_no_document(start: Start, required: Required) -> None:
    process = await start("spec", "schema", settings=required["spec"])

    assert await process.exit_code() == 0, process.text()
    assert json.loads(process.text())["$ref"] == "#/$defs/Published"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("show", "4711"), 65, "there is no such document (document=4711)"),
        (("show", "9" * 30), 65, "there is no such document"),
        (("show", "nobody/nothing"), 65, "there is no such document (of=nobody/nothing)"),
        (("diff", "nobody/nothing"), 65, "there is no such document"),
        (("show", "../.."), 64, "repository"),
        (("show", "acme/shop", "--language", "@"), 64, "a language is a BCP 47 tag"),
        (("show", "acme/shop", "--version", "9" * 30), 64, "invalid number value"),
        (("show", "acme/shop", "--format", "pdf"), 64, "invalid choice"),
        ((), 64, "command"),
    ],
)
async def test_what_cannot_be_answered_is_told_in_a_sentence(
    start: Start, required: Required, arguments: tuple[str, ...], code: int, told: str
) -> None:
    process = await start("spec", *arguments, settings=required["spec"])

    assert await process.exit_code() == code, process.text()
    assert told in process.text()
    assert "Traceback" not in process.text()


async def test_a_first_version_has_nothing_to_be_compared_with(
    start: Start, required: Required, two: tuple[int, int]
) -> None:
    process = await start("spec", "diff", str(two[0]), settings=required["spec"])

    assert await process.exit_code() == 65, process.text()
    assert "no earlier document" in process.text()

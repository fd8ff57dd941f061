"""What became of the behaviours between two documents, in the database and for a reader."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.db import Connection, Pool
from fleet.errors import DocumentNotFound
from fleet.specgen.changes import Change, Comparison, Kind, Standing
from fleet.specgen.document import Status
from fleet.specgen.editions import Edition, fetch_changes, fetch_edition
from fleet.specgen.render_changes import render_changes, render_changes_html, render_changes_text
from tests.specgen.documents import HOSTILE, TEXTS
from tests.specgen.inventories import COMMIT, File, Written, store_analysis, subject_with, write_document
from tests.specgen.test_markdown import shape
from tests.specgen.test_pages import Outline

CART = "tests/cart/test_totals.py"
USERS = File("tests/users/test_login.py", (Written("test_locks_account"), Written("test_unlocks_account")))


async def editions(
    pool: Pool, conn: Connection, before: Sequence[File], after: Sequence[File]
) -> tuple[Edition, Edition]:
    first = await write_document(pool, await store_analysis(conn, before, commit="a" * 40))
    second = await write_document(pool, await store_analysis(conn, after, commit="b" * 40))
    return await fetch_edition(conn, first), await fetch_edition(conn, second)


async def changes(
    pool: Pool, conn: Connection, before: Sequence[File], after: Sequence[File]
) -> list[tuple[str, str | None, str | None]]:
    """The kind of each change, the behaviour after it and the one before."""
    found = await fetch_changes(conn, *await editions(pool, conn, before, after))
    return [(change.kind, told(change.after), told(change.before)) for change in found]


def told(standing: Standing | None) -> str | None:
    return None if standing is None else f"{standing.domain} / {standing.feature}: {standing.sentence}"


def cart(*names: str, path: str = CART, status: Status = "active") -> File:
    return File(path, tuple(Written(name, (), status) for name in names))


async def test_a_document_is_no_different_from_itself(pool: Pool, conn: Connection) -> None:
    files = (cart("test_adds_prices", "test_adds_prices"), USERS)

    assert await changes(pool, conn, files, files) == []


async def test_what_came_and_what_went_is_told(pool: Pool, conn: Connection) -> None:
    before = (cart("test_adds_prices", "test_keeps_currency"), USERS)
    after = (cart("test_adds_prices", "test_refuses_a_negative_amount"), USERS)

    assert await changes(pool, conn, before, after) == [
        ("added", "Cart / Totals: Refuses a negative amount", None),
        ("removed", None, "Cart / Totals: Keeps currency"),
    ]


async def test_a_behaviour_of_the_same_words_was_reworded(pool: Pool, conn: Connection) -> None:
    before = (cart("test_rejects_negative_prices"), USERS)
    after = (cart("test_rejects_all_negative_prices"), USERS)

    assert await changes(pool, conn, before, after) == [
        ("reworded", "Cart / Totals: Rejects all negative prices", "Cart / Totals: Rejects negative prices")
    ]


async def test_a_behaviour_that_another_test_shows_now_is_the_same(pool: Pool, conn: Connection) -> None:
    before, after = (cart("test_adds_prices"), USERS), (cart("testAddsPrices"), USERS)

    assert await changes(pool, conn, before, after) == []


async def test_a_behaviour_that_stands_in_another_feature_moved(pool: Pool, conn: Connection) -> None:
    stays = cart("test_stays", "test_remains")
    before = (stays, cart("test_adds_prices", path="tests/cart/test_a.py"), USERS)
    after = (stays, cart("test_adds_prices", path="tests/cart/test_b.py"), USERS)

    assert await changes(pool, conn, before, after) == [("moved", "Cart / B: Adds prices", "Cart / A: Adds prices")]


async def test_a_sentence_that_stands_in_two_other_places_did_not_move(pool: Pool, conn: Connection) -> None:
    stays = cart("test_stays", "test_remains")
    before = (stays, cart("test_works", path="tests/cart/test_a.py"), USERS)
    after = (stays, *(cart("test_works", "test_runs", path=f"tests/cart/test_{name}.py") for name in "bc"), USERS)

    found = await changes(pool, conn, before, after)

    assert sorted(kind for kind, *_ in found) == ["added", "added", "added", "added", "removed"]


async def test_a_feature_of_another_name_took_its_behaviours_along(pool: Pool, conn: Connection) -> None:
    names = ("test_adds_prices", "test_keeps_currency", "test_rounds")
    before = (cart(*names, path="tests/cart/test_a.py"), USERS)
    after = (cart(*names, path="tests/cart/test_b.py"), USERS)

    assert {kind for kind, *_ in await changes(pool, conn, before, after)} == {"moved"}


async def test_a_behaviour_of_another_status_is_told(pool: Pool, conn: Connection) -> None:
    before, after = (cart("test_adds_prices"), USERS), (cart("test_adds_prices", status="skipped"), USERS)

    assert await changes(pool, conn, before, after) == [
        ("status", "Cart / Totals: Adds prices", "Cart / Totals: Adds prices")
    ]


async def test_each_behaviour_is_told_once(pool: Pool, conn: Connection) -> None:
    before = (cart("test_adds_prices", "test_adds_prices", "test_works"), USERS)
    after = (cart("test_adds_prices", "test_works", "test_works"), USERS)

    assert await changes(pool, conn, before, after) == [
        ("added", "Cart / Totals: Works (2)", None),
        ("removed", None, "Cart / Totals: Adds prices (2)"),
    ]


async def test_in_a_feature_of_very_many_changes_nothing_is_taken_for_reworded(pool: Pool, conn: Connection) -> None:
    before = (cart(*(f"test_adds_{n}_prices" for n in range(101))), USERS)
    after = (cart(*(f"test_adds_{n}_prices_up" for n in range(101))), USERS)

    assert {kind for kind, *_ in await changes(pool, conn, before, after)} == {"added", "removed"}


async def test_very_many_behaviours_that_other_tests_show_now_are_the_same(pool: Pool, conn: Connection) -> None:
    # In two features alike, so that none of them can be told by its sentence alone.
    before = [cart(*(f"test_adds_{n}_prices" for n in range(101)), path=f"tests/{name}/test_a.py") for name in "ab"]
    after = [cart(*(f"testAdds{n}Prices" for n in range(101)), path=f"tests/{name}/test_a.py") for name in "ab"]

    assert await changes(pool, conn, before, after) == []


async def test_a_document_that_is_being_removed_says_nothing(pool: Pool, conn: Connection) -> None:
    before, after = await editions(pool, conn, (USERS,), (USERS,))
    await conn.execute("update app.documents set removed_at = now() where id = $1", after.id)

    assert {change.kind for change in await fetch_changes(conn, before, after)} == {"removed"}
    with pytest.raises(DocumentNotFound):
        await fetch_edition(conn, after.id)


async def test_documents_of_two_repositories_are_not_compared(pool: Pool, conn: Connection) -> None:
    one = await fetch_edition(conn, await write_document(pool, await store_analysis(conn, repo="shop")))
    other = await fetch_edition(conn, await write_document(pool, await store_analysis(conn, repo="bank")))

    with pytest.raises(DocumentNotFound, match="two repositories"):
        await fetch_changes(conn, one, other)


def standing(
    sentence: str = "Adds prices", feature: str = "Totals", *, status: Status = "active", path: str = CART
) -> Standing:
    return Standing(domain="Cart", feature=feature, sentence=sentence, status=status, path=path, line=12)


def change(kind: Kind, before: Standing | None, after: Standing | None) -> Change:
    return Change(kind=kind, before=before, after=after)


def comparison(*found: Change, language: str = "English") -> Comparison:
    return Comparison(
        language=language,
        version_before=3,
        version_after=4,
        before=msgspec.structs.replace(subject_with(1), commit="a" * 40),
        after=subject_with(1),
        changes=found,
    )


ALL = (
    change("added", None, standing()),
    change("removed", standing("Keeps currency"), None),
    change("reworded", standing("Adds"), standing("Adds up")),
    change("moved", standing("Rounds", "Old"), standing("Rounds")),
    change("status", standing("Works"), standing("Works", status="skipped")),
)


def test_changes_are_told_by_kind_with_what_was_before() -> None:
    blob = f"https://github.com/acme/shop/blob/{COMMIT}/{CART}#L12"
    old = f"https://github.com/acme/shop/blob/{'a' * 40}/{CART}#L12"

    text = render_changes(comparison(*ALL))

    assert "1 new, 1 gone, 1 reworded, 1 moved and 1 of another status." in text
    assert f"## New\n\n### Cart / Totals\n\n- Adds prices ([test\\_totals.py:12]({blob}))\n" in text
    assert f"## Gone\n\n### Cart / Totals\n\n- Keeps currency ([test\\_totals.py:12]({old}))\n" in text
    assert "- Adds up (was: Adds) (" in text
    assert "- Rounds (was in Cart / Old) (" in text
    assert "- Works (run before, skipped now) (" in text


def test_changes_are_lines_at_a_prompt() -> None:
    assert [line.split("  ")[0] for line in render_changes_text(comparison(*ALL)).splitlines()] == [
        f"{sign} {CART}:12" for sign in "+-~>!"
    ]


def test_behaviours_that_moved_together_are_one_line() -> None:
    moved = [change("moved", standing(f"Adds {n}", "Old"), standing(f"Adds {n}")) for n in range(3)]

    text = render_changes(comparison(*moved))

    assert "### Cart / Totals\n\n- 3 behaviours (was in Cart / Old)\n" in text
    assert "Adds 1" not in text


def test_two_documents_that_say_the_same_are_said_to() -> None:
    assert render_changes(comparison()).endswith(": nothing.\n")
    assert render_changes(comparison(language="de")).endswith(": nichts.\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_changes_nothing_but_the_text(text: str) -> None:
    hostile = comparison(change("reworded", standing(text, text, path=text), standing(f"{text}.", path=text)))
    plain = comparison(change("reworded", standing("x", "x", path="x"), standing("x.", path="x")))

    assert shape(render_changes(hostile)) == shape(render_changes(plain))
    assert Outline(render_changes_html(hostile)).shape == Outline(render_changes_html(plain)).shape
    assert len(render_changes_text(hostile).splitlines()) == 1


@given(st.lists(st.builds(change, st.just("moved"), st.builds(standing, TEXTS, TEXTS), st.builds(standing, TEXTS))))
def test_every_change_is_a_line_and_no_name_gets_out_of_it(found: list[Change]) -> None:
    assert len(render_changes_text(comparison(*found)).splitlines()) == len(found)
    assert "<script" not in render_changes_html(comparison(*found)).split("</style>")[1]

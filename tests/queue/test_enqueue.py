"""Typed jobs into the queue."""

from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.db import Connection
from fleet.errors import InvalidJob, UnknownKind
from fleet.queue.arguments import encode
from fleet.queue.enqueue import declare, enqueue
from fleet.queue.job import Job, Policy, UniqueScope


class Page(Job, frozen=True, kw_only=True, rename="camel"):
    kind: ClassVar[str] = "page"
    queue: ClassVar[str] = "pages"
    policy: ClassVar[Policy] = Policy(max_attempts=7)
    unique_by: ClassVar[tuple[str, ...]] = ("book_title", "number", "tags")

    book_title: str
    number: int = 1
    tags: list[str] = []  # noqa: RUF012  # msgspec copies it for each job
    note: Any = None


async def _args(conn: Connection, job: int) -> dict[str, Any]:
    args: dict[str, Any] = msgspec.json.decode(
        await conn.fetchval("select args::text from fleet.job where id = $1", job)
    )
    return args


async def test_a_job_arrives_as_it_was_typed(conn: Connection) -> None:
    await declare(conn, [Page])

    queued = await enqueue(conn, Page(book_title="ü\U0001f600", number=3), priority=-2, delay=timedelta(minutes=1))

    row = await conn.fetchrow("select kind, queue, max_attempts, priority, state::text from fleet.job")
    assert row is not None
    assert queued.inserted
    assert tuple(row) == ("page", "pages", 7, -2, "scheduled")
    assert await _args(conn, queued.id) == {"bookTitle": "ü\U0001f600", "number": 3, "tags": [], "note": None}


async def test_a_job_may_have_other_attempts_than_its_policy_gives(conn: Connection) -> None:
    await declare(conn, [Page])

    await enqueue(conn, Page(book_title="b"), max_attempts=2)

    assert await conn.fetchval("select max_attempts from fleet.job") == 2


@pytest.mark.parametrize(
    "typed",
    [
        '{"bookTitle": "b"}',
        '{"number": 1, "bookTitle": "b"}',
        '{"bookTitle": "b", "number": 1, "tags": []}',
        '{"bookTitle": "b", "note": "of no account"}',
    ],
)
async def test_a_job_from_code_and_one_typed_at_a_prompt_meet_in_their_key(conn: Connection, typed: str) -> None:
    await declare(conn, [Page])

    first = await conn.fetchrow("select id, inserted from fleet.enqueue('page', $1::text::jsonb)", typed)
    second = await enqueue(conn, Page(book_title="b"))

    assert first is not None
    assert (second.id, second.inserted) == (first["id"], False)
    assert (await enqueue(conn, Page(book_title="b", number=2))).inserted
    assert (await enqueue(conn, Page(book_title="b", tags=["x"]))).inserted


async def test_a_kind_may_be_declared_anew(conn: Connection) -> None:
    await declare(conn, [Page])
    await conn.execute("update fleet.kind set queue = 'elsewhere', max_attempts = 1")

    await declare(conn, [Page])

    assert tuple(await conn.fetchrow("select queue, max_attempts, unique_by from fleet.kind") or ()) == (
        "pages",
        7,
        ["bookTitle", "number", "tags"],
    )


async def test_a_kind_that_is_unique_by_what_it_does_not_have_is_refused(conn: Connection) -> None:
    class Misspelt(Page, frozen=True, kw_only=True):
        unique_by: ClassVar[tuple[str, ...]] = ("bok_title",)

    with pytest.raises(InvalidJob, match="bok_title"):
        await declare(conn, [Misspelt])


async def test_an_undeclared_kind_is_refused(conn: Connection) -> None:
    with pytest.raises(UnknownKind, match=r"no migration has declared this kind.*run the migration"):
        await enqueue(conn, Page(book_title="b"))


async def test_a_waiting_job_is_replaced_when_the_caller_says_so(conn: Connection) -> None:
    await declare(conn, [Page])
    first = await enqueue(conn, Page(book_title="b", note="old"))

    second = await enqueue(conn, Page(book_title="b", note="new"), on_conflict="replace", priority=-1)

    assert (second.id, second.inserted) == (first.id, False)
    assert (await _args(conn, first.id))["note"] == "new"
    assert await conn.fetchval("select priority from fleet.job") == -1


async def test_a_waiting_job_is_put_off_when_the_caller_says_so(conn: Connection) -> None:
    await declare(conn, [Page])
    first = await enqueue(conn, Page(book_title="b"))

    await enqueue(
        conn,
        Page(book_title="b"),
        on_conflict="debounce",
        delay=timedelta(hours=2),
        debounce_at_most=timedelta(hours=1),
    )

    assert await conn.fetchval("select run_at - enqueued_at from fleet.job where id = $1", first.id) == timedelta(
        hours=1
    )


async def test_the_scope_of_a_kinds_unique_key_is_declared_with_it(conn: Connection) -> None:
    class Sync(Page, frozen=True, kw_only=True):
        unique_scope: ClassVar[UniqueScope] = "waiting"

    await declare(conn, [Sync])
    await enqueue(conn, Sync(book_title="b"))

    assert await conn.fetchval("select unique_scope::text from fleet.job") == "waiting"


@pytest.mark.parametrize(
    "named",
    [
        {"on_conflict": "overwrite"},
        {"on_conflict": "debounce"},
        {"priority": 40_000},
        {"priority": 2**70},
        {"queue": "Not A Word"},
        {"queue": "nul\x00"},
        {"queue": "\ud800"},
        {"traceparent": "x"},
        {"delay": timedelta.max},
    ],
    ids=ascii,
)
async def test_a_value_that_the_queue_refuses_is_the_callers_error(conn: Connection, named: dict[str, Any]) -> None:
    await declare(conn, [Page])

    with pytest.raises(InvalidJob) as refusal:
        await enqueue(conn, Page(book_title="private"), **named)

    assert "private" not in str(refusal.value)


@pytest.mark.parametrize(
    "note",
    ["a\x00b", "\\\x00", "\ud800", {"k\x00": 1}, object(), "x" * 300_000],
    ids=["nul", "nul behind a backslash", "surrogate", "nul in a key", "no JSON", "too long"],
)
async def test_arguments_that_cannot_be_stored_are_refused(conn: Connection, note: object) -> None:
    await declare(conn, [Page])

    with pytest.raises(InvalidJob):
        await enqueue(conn, Page(book_title="b", note=note))

    assert await conn.fetchval("select count(*) from fleet.job") == 0


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_text_without_a_nul_is_never_taken_for_one(text: str) -> None:
    decoded = msgspec.json.decode(encode(Page(book_title=text, note="\\u0000")))

    assert decoded["bookTitle"] == text


@pytest.mark.parametrize("text", ["\x00", "\\\x00", "\\\\\x00", "\\u0000\x00"])
def test_a_nul_is_found_behind_any_number_of_backslashes(text: str) -> None:
    with pytest.raises(InvalidJob, match="NUL"):
        encode(Page(book_title=text))

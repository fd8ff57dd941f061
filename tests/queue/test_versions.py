"""Arguments of an older version run; those of a newer one are refused."""

from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.db import Connection
from fleet.errors import InvalidJob
from fleet.queue.arguments import encode
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue, enqueue_many
from fleet.queue.job import Job
from fleet.queue.registry import Registration


class First(Job, frozen=True, kw_only=True):
    """The kind as it was once."""

    kind: ClassVar[str] = "visit"
    queue: ClassVar[str] = "visits"

    address: str
    extra: Any = None


class Third(Job, frozen=True, kw_only=True):
    """The kind now: version 2 split the address, version 3 counts the guests."""

    kind: ClassVar[str] = "visit"
    queue: ClassVar[str] = "visits"
    version: ClassVar[int] = 3

    street: str
    city: str
    guests: int
    extra: Any = None

    @classmethod
    def upcast(cls, args: dict[str, Any], version: int) -> dict[str, Any]:
        if version < 2:
            street, _, city = args.pop("address").partition(", ")
            args |= {"street": street, "city": city}
        return args | {"guests": 1}


class Bare(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "bare"
    queue: ClassVar[str] = "visits"
    version: ClassVar[int] = 2


async def _visit(_job: Any, _context: Context) -> None: ...


def _decode(job: type[Job], args: str) -> Any:
    return Registration(job, _visit).decode(args)


@pytest.mark.parametrize(
    "args",
    [
        '{"address": "Main St, Springfield"}',
        '{"$v": 1, "address": "Main St, Springfield"}',
        '{"$v": 2, "street": "Main St", "city": "Springfield"}',
        '{"$v": 3, "street": "Main St", "city": "Springfield", "guests": 1}',
        '{"street": "Main St", "city": "Springfield", "$v": 3, "guests": 1}',
    ],
)
def test_arguments_of_every_version_so_far_are_understood(args: str) -> None:
    assert _decode(Third, args) == Third(street="Main St", city="Springfield", guests=1)


@pytest.mark.parametrize("job", [First, Third])
def test_arguments_newer_than_the_release_are_refused_with_both_versions(job: type[Job]) -> None:
    with pytest.raises(
        InvalidJob, match=rf"visit are newer than this release knows \(version=4, known={job.version}\)"
    ):
        _decode(job, '{"$v": 4, "place": 7}')


@pytest.mark.parametrize("version", ["0", "-1", "1.5", '"2"', "true", "null", "[]"])
@pytest.mark.parametrize("job", [First, Third])
def test_a_version_that_is_none_is_refused(job: type[Job], version: str) -> None:
    with pytest.raises(InvalidJob, match="version"):
        _decode(job, f'{{"$v": {version}, "address": "a, b"}}')


def test_what_an_upcast_leaves_wrong_is_refused_with_its_path() -> None:
    with pytest.raises(InvalidJob, match=r"\$\.street"):
        _decode(Third, '{"$v": 2, "street": 7, "city": "Springfield"}')


@pytest.mark.parametrize("args", ["[]", "7", '{"$v": 1e400}', '"$v"', '{"$v": 3', ""])
def test_arguments_that_are_no_object_are_refused(args: str) -> None:
    with pytest.raises(InvalidJob):
        _decode(Third, args)


def test_the_name_of_the_version_is_an_ordinary_text_elsewhere() -> None:
    job = First(address="$v", extra={"$v": 9, "a": ['"$v"']})

    assert _decode(First, encode(job)) == job


@given(
    st.builds(
        Third,
        street=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        city=st.just("c"),
        guests=st.integers(-(2**63), 2**63 - 1),
        extra=st.dictionaries(st.sampled_from(["$v", "a"]), st.sampled_from(["$v", "x", 9, None]), max_size=2),
    )
)
def test_a_job_comes_back_as_it_was_enqueued(job: Third) -> None:
    assert _decode(Third, encode(job)) == job


def test_a_job_without_arguments_carries_its_version_too() -> None:
    assert encode(Bare()) == '{"$v":2}'
    assert _decode(Bare, encode(Bare())) == Bare()


def test_version_1_is_not_written() -> None:
    assert msgspec.json.decode(encode(First(address="a"))) == {"address": "a", "extra": None}


async def test_every_way_of_enqueuing_carries_the_version(conn: Connection) -> None:
    await declare(conn, [Third])
    job = Third(street="s", city="c", guests=2)

    await enqueue(conn, job)
    await enqueue_many(conn, [job])
    await enqueue_bulk(conn, [job])

    args = [row["args"] for row in await conn.fetch("select args::text as args from fleet.job")]
    assert [_decode(Third, text) for text in args] == [job] * 3
    assert [msgspec.json.decode(text)["$v"] for text in args] == [3] * 3


async def test_a_kind_whose_arguments_could_not_be_told_apart_is_not_declared(conn: Connection) -> None:
    class Reserved(Job, frozen=True, kw_only=True, rename={"version_of": "$v"}):
        kind: ClassVar[str] = "reserved"
        queue: ClassVar[str] = "visits"

        version_of: int

    class Zeroth(Bare, frozen=True, kw_only=True):
        version: ClassVar[int] = 0

    for job in (Reserved, Zeroth):
        with pytest.raises(InvalidJob, match="version"):
            await declare(conn, [job])

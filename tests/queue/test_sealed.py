"""Sealed arguments: what is written, what is refused, and what a worker reads."""

from functools import partial
from typing import Any, ClassVar

import msgspec
import pytest

from fleet.db import Connection
from fleet.errors import FleetError, InvalidJob, SealUnusable
from fleet.queue.arguments import encode
from fleet.queue.bulk import enqueue_bulk
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue, enqueue_many
from fleet.queue.job import Job
from fleet.queue.registry import Registration, Registry
from fleet.queue.sealed import Sealed, Unseal
from fleet.sealing import Opener, OpeningKeys, Sealer

PLAIN = "correct horse"
KEYS = OpeningKeys.generate()
SEALER = Sealer(KEYS.sealing_key)
OPENER = Opener(KEYS)


class Log(Job, frozen=True, kw_only=True, rename="camel"):
    kind: ClassVar[str] = "log_in"
    queue: ClassVar[str] = "logs"

    pass_word: Sealed
    second_factor: Sealed | None = None
    user: str = "ada"
    note: Any = None


class Out(Log, frozen=True, kw_only=True, rename="camel"):
    kind: ClassVar[str] = "log_out"


async def _handle(_job: Any, _context: Context) -> None: ...


def _written(job: Job) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.json.decode(encode(job, SEALER))
    return values


def _decode(args: Any, job: type[Job] = Log, unseal: Unseal = OPENER) -> Any:
    return Registration(job, _handle, unseal).decode(msgspec.json.encode(args).decode())


def test_the_arguments_hold_a_seal_and_come_back_as_they_were() -> None:
    job = Log(pass_word=Sealed(PLAIN), second_factor=Sealed("ü\x00\U0001f600"), note={"password": [1.5, None]})

    values = _written(job)

    assert list(values) == ["passWord", "secondFactor", "user", "note"]
    assert list(values["passWord"]) == ["$sealed"]
    assert PLAIN not in str(values)
    assert _decode(values) == job


def test_a_sealed_argument_may_be_left_empty_where_its_type_says_so() -> None:
    job = Log(pass_word=Sealed(PLAIN))

    assert _written(job)["secondFactor"] is None
    assert _decode(_written(job)) == job
    assert _decode({"passWord": _written(job)["passWord"]}) == job


def test_a_job_with_sealed_arguments_does_not_show_them() -> None:
    job = Log(pass_word=Sealed(PLAIN))

    assert PLAIN not in f"{job} {job!r} {job.pass_word} {job.pass_word!r} {msgspec.structs.asdict(job)}"


def test_without_a_seal_nothing_is_written() -> None:
    with pytest.raises(InvalidJob, match=r"nothing to seal an argument with .*path=\$\.passWord") as refusal:
        encode(Log(pass_word=Sealed(PLAIN)))

    assert PLAIN not in str(refusal.value)


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ({"pass_word": PLAIN}, r"path=\$\.passWord"),
        ({"pass_word": None}, r"path=\$\.passWord"),
        ({"pass_word": {"$sealed": PLAIN}}, r"path=\$\.passWord"),
        ({"pass_word": Sealed("a"), "second_factor": PLAIN}, r"path=\$\.secondFactor"),
        ({"pass_word": Sealed("a"), "user": Sealed(PLAIN)}, "Sealed is unsupported"),
        ({"pass_word": Sealed("a"), "note": [Sealed(PLAIN)]}, "Sealed is unsupported"),
        ({"pass_word": Sealed(f"{PLAIN}\ud800")}, "UTF-8"),
        ({"pass_word": Sealed(PLAIN), "user": 7}, r"\$\.user"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_does_not_fit_its_type_is_refused_without_being_repeated(named: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidJob, match=path) as refusal:
        encode(Log(**named), SEALER)

    assert PLAIN not in str(refusal.value)


@pytest.mark.parametrize("name", ["passWord", "secondFactor"])
def test_an_argument_that_was_stored_unsealed_is_refused(name: str) -> None:
    for value in (PLAIN, {"$sealed": 7}, {"$sealed": "x", "more": 1}, {"sealed": "x"}, ["passWord"], name):
        with pytest.raises(InvalidJob, match=rf"must be sealed .*path=\$\.{name}") as refusal:
            _decode(_written(Log(pass_word=Sealed("a"))) | {name: value})

        assert PLAIN not in str(refusal.value)


def test_null_is_refused_where_the_type_does_not_allow_it() -> None:
    with pytest.raises(InvalidJob, match=r"path=\$\.passWord"):
        _decode({"passWord": None})


def test_a_missing_sealed_argument_is_named() -> None:
    with pytest.raises(InvalidJob, match="passWord"):
        _decode({})


def test_a_seal_moved_to_another_argument_does_not_open() -> None:
    values = _written(Log(pass_word=Sealed(PLAIN)))

    with pytest.raises(SealUnusable, match=r"path=\$\.secondFactor, reason=.*another argument"):
        _decode(values | {"secondFactor": values["passWord"]})


def test_a_seal_moved_to_another_kind_does_not_open() -> None:
    with pytest.raises(SealUnusable, match=r"kind=log_out, path=\$\.passWord"):
        _decode(_written(Log(pass_word=Sealed(PLAIN))), job=Out)


def test_a_seal_in_an_argument_that_is_none_stays_what_it_is() -> None:
    values = _written(Log(pass_word=Sealed(PLAIN)))

    assert _decode(values | {"note": values["passWord"]}).note == values["passWord"]


def test_what_opens_to_something_other_than_text_is_refused() -> None:
    with pytest.raises(SealUnusable, match="not text"):
        _decode({"passWord": {"$sealed": SEALER.seal(b"\xff", b"log_in.passWord")}})


def test_an_error_about_a_seal_is_final_and_repeats_nothing() -> None:
    sealed = _written(Log(pass_word=Sealed(PLAIN)))["passWord"]["$sealed"]

    with pytest.raises(SealUnusable) as refusal:
        _decode({"passWord": {"$sealed": sealed}}, unseal=Opener(OpeningKeys.generate()))

    assert not refusal.value.retryable
    assert str(refusal.value) == (
        "a sealed argument cannot be opened (kind=log_in, path=$.passWord, reason=its key is not known here)"
    )


def test_an_older_job_is_opened_under_the_name_it_was_sealed_with() -> None:
    class Renamed(Job, frozen=True, kw_only=True):
        kind: ClassVar[str] = "log_in"
        queue: ClassVar[str] = "logs"
        version: ClassVar[int] = 2

        secret: Sealed

        @classmethod
        def upcast(cls, args: dict[str, Any], version: int) -> dict[str, Any]:
            del version
            return {"secret": args["passWord"]}

    assert _decode(_written(Log(pass_word=Sealed(PLAIN))), job=Renamed) == Renamed(secret=Sealed(PLAIN))
    assert _decode(_written(Renamed(secret=Sealed(PLAIN))), job=Renamed) == Renamed(secret=Sealed(PLAIN))


class _Unique(Log, frozen=True, kw_only=True):
    unique_by: ClassVar[tuple[str, ...]] = ("user", "pass_word")


class _Fair(Log, frozen=True, kw_only=True):
    fair_by: ClassVar[str | None] = "second_factor"


class _Listed(Log, frozen=True, kw_only=True):
    many: list[Sealed]


class _Either(Log, frozen=True, kw_only=True):
    either: dict[str, Sealed | None] = {}  # noqa: RUF012  # msgspec copies it for each job


class _Default(Log, frozen=True, kw_only=True):
    pin: Sealed = Sealed(PLAIN)


class _Made(Log, frozen=True, kw_only=True):
    pin: Sealed = msgspec.field(default_factory=partial(Sealed, PLAIN))


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (_Unique, "unique or fair by an argument that is sealed"),
        (_Fair, "unique or fair by an argument that is sealed"),
        (_Listed, "as a whole or not at all"),
        (_Either, "as a whole or not at all"),
        (_Default, "a default that stands in the code"),
        (_Made, "a default that stands in the code"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_kind_that_cannot_keep_its_arguments_sealed_is_refused(
    conn: Connection, job: type[Job], sentence: str
) -> None:
    with pytest.raises(InvalidJob, match=sentence) as refusal:
        await declare(conn, [job])
    with pytest.raises(InvalidJob, match=sentence):
        Registry(unseal=OPENER).add(job, _handle)

    assert PLAIN not in str(refusal.value)
    assert await conn.fetchval("select count(*) from fleet.kind") == 0


def test_a_registry_that_cannot_open_a_kinds_arguments_does_not_take_it() -> None:
    with pytest.raises(FleetError, match="nothing to open"):
        Registry().add(Log, _handle)


async def test_every_way_of_enqueuing_seals(conn: Connection) -> None:
    await declare(conn, [Log])
    job = Log(pass_word=Sealed(PLAIN))

    await enqueue(conn, job, seal=SEALER)
    await enqueue_many(conn, [job, job], seal=SEALER)
    await enqueue_bulk(conn, [job, job], seal=SEALER)

    rows = await conn.fetch("select args::text from fleet.job")
    assert len(rows) == 5
    assert all(PLAIN not in row["args"] for row in rows)
    assert [Registration(Log, _handle, OPENER).decode(row["args"]) for row in rows] == [job] * 5


@pytest.mark.parametrize("put", [enqueue, enqueue_many, enqueue_bulk], ids=lambda put: put.__name__)
async def test_no_way_of_enqueuing_goes_without_a_seal(conn: Connection, put: Any) -> None:
    await declare(conn, [Log])
    job = Log(pass_word=Sealed(PLAIN))

    with pytest.raises(InvalidJob, match="nothing to seal"):
        await put(conn, job if put is enqueue else [job])

    assert await conn.fetchval("select count(*) from fleet.job") == 0

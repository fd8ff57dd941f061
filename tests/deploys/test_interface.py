"""What the last release calls is still there, as it was. At a release: docs/deploy.md."""

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fleet import sql
from fleet.db import Connection
from fleet.migrate import RELEASE
from tests.deploys.release_1.calls import COPIED, OTHERS, PRODUCER, WORKER

LAST_RELEASE = 1
FROZEN = Path(__file__).parent / f"release_{LAST_RELEASE}"
INTERFACE = FROZEN / "interface.txt"
# Every function: its name, arguments (= for those with a default) and result, which are what a call rests on.
QUERY = """
select proc.proname as name,
    coalesce((
        select string_agg(
            concat(proc.proargnames[n], ' ', format_type(proc.proargtypes[n - 1], null),
                   case when n > proc.pronargs - proc.pronargdefaults then ' =' end), ', ' order by n
        ) from generate_series(1, proc.pronargs) as n
    ), '') as arguments,
    pg_get_function_result(proc.oid) as result
from pg_proc as proc
where proc.pronamespace = 'fleet'::regnamespace and proc.prorettype <> 'trigger'::regtype
    and obj_description(proc.oid, 'pg_proc') !~ '^Internal:'
order by 1, 2
"""


class Signature(msgspec.Struct, frozen=True):
    """One function as a caller sees it."""

    name: str
    arguments: str
    result: str

    @property
    def given(self) -> list[str]:
        return [argument.removesuffix(" =") for argument in self.arguments.split(", ") if argument]

    @property
    def optional(self) -> int:
        return self.arguments.count(" =")

    @property
    def columns(self) -> set[str]:
        return set(re.sub(r"^TABLE\(|\)$", "", self.result).split(", "))

    def serves(self, caller: "Signature") -> bool:
        """Whether every call that *caller* describes is answered, in the same words."""
        return (
            self.name == caller.name
            and self.given[: len(caller.given)] == caller.given
            # New arguments may be left out, and so may those that could be before.
            and len(self.given) - self.optional <= len(caller.given) - caller.optional
            and caller.columns <= self.columns
            and self.result.startswith("TABLE") == caller.result.startswith("TABLE")
        )

    def __str__(self) -> str:
        return f"{self.name}({self.arguments}) -> {self.result}"


def parse(line: str) -> Signature:
    name, arguments, result = re.fullmatch(r"(\w+)\((.*?)\) -> (.*)", line).groups()  # type: ignore[union-attr]  # its own format
    return Signature(name, arguments, result)


async def test_every_function_of_the_last_release_answers_as_it_did(conn: Connection) -> None:
    present = [Signature(**dict(row)) for row in await conn.fetch(QUERY)]
    if "FLEET_WRITE_RELEASE" in os.environ:
        INTERFACE.write_text("".join(f"{one}\n" for one in present), encoding="utf-8")
    released = [parse(line) for line in INTERFACE.read_text(encoding="utf-8").splitlines()]

    broken = [str(one) for one in released if [now.serves(one) for now in present].count(True) != 1]
    assert broken == [], "workers of the last release call these; keep them, with new arguments last and optional"


@pytest.mark.parametrize("name", [*WORKER, *PRODUCER, *OTHERS])
async def test_every_call_of_the_last_release_is_understood(conn: Connection, name: str) -> None:
    await conn.prepare((WORKER | PRODUCER | OTHERS)[name])


async def test_what_the_last_release_copies_is_a_job(conn: Connection) -> None:
    await conn.execute(
        f"insert into fleet.job ({', '.join(COPIED)}) values"
        " ('note', 'notes', 'ready', 0, '{}', 3, fleet.new_traceparent(), now(), now())"
    )

    assert await conn.fetchval("select state::text from fleet.job") in {"ready", "arriving"}


async def test_what_the_last_release_enqueues_is_enqueued(conn: Connection) -> None:
    await conn.execute(OTHERS["declare"], "note", "notes", 3, timedelta(minutes=1), [], "{}", "active")
    one = await conn.fetchrow(PRODUCER["enqueue"], "note", "{}", None, None, None, 0, None, "skip", None)
    many = await conn.fetch(
        PRODUCER["enqueue_many"], '[{"kind": "note", "args": {}, "queue": null, "delay": null}]', "skip", None
    )

    assert one is not None
    assert (one["inserted"], [row["inserted"] for row in many]) == (True, [True])


def test_the_release_is_counted_on_when_its_functions_change() -> None:
    """What the last release's number stands for must not change; the next number stands for all that comes now."""
    digest = _digest_of_functions()
    if "FLEET_WRITE_RELEASE" in os.environ:
        (FROZEN / "digest.txt").write_text(digest + "\n", encoding="utf-8")
    same = (FROZEN / "digest.txt").read_text(encoding="utf-8").strip() == digest

    assert LAST_RELEASE + (0 if same else 1) == RELEASE, (
        "set RELEASE in fleet/migrate.py to one more than the last release"
    )


def _digest_of_functions() -> str:
    files = [
        path.read_bytes() for folder in ("functions", "views") for path in sorted((sql.ROOT / folder).glob("*.sql"))
    ]
    return hashlib.sha256(b"\0".join(files)).hexdigest()

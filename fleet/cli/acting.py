"""Doing something to many jobs: choose, show, ask, act in batches, record, report."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from fleet.cli.choosing import Common, live
from fleet.cli.exits import DONE, LEFT
from fleet.cli.session import Session
from fleet.cli.table import Column, Table
from fleet.cli.words import counted
from fleet.db import Connection, Row
from fleet.errors import InvalidCommand
from fleet.sql import statement

# As many as one record names. Each batch is a transaction: whoever stops in between has whole ones done.
BATCH = 1000
# So many are listed one by one; more are counted.
_LISTED = 20
NO_REASON = "none given"

_COLUMNS = (Column("id", right=True), Column("was"), Column("now"))


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class How:
    """How an action is carried out."""

    reason: Annotated[str | None, Parameter(help="Why; it is kept on record.")] = None
    dry_run: Annotated[bool, Parameter(negative=(), help="Say which jobs it would be, and change nothing.")] = False
    yes: Annotated[bool, Parameter(name=("--yes", "-y"), negative=(), help="Do not ask before acting by a filter.")] = (
        False
    )

    @property
    def why(self) -> str:
        return (self.reason or "").strip() or NO_REASON


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A function of the queue that takes ids and answers (id, was, now) for each.

    *changes* says whether it did anything to a job, *settled* are the states in which a job is as was asked for anyway.
    """

    name: str
    done: str
    arguments: tuple[object, ...] = ()
    details: Mapping[str, object] = {}
    changes: Callable[[str | None, str | None], bool]
    settled: frozenset[str]


class Change(msgspec.Struct, frozen=True):
    """What became of a job."""

    id: int
    was: str | None
    now: str | None


class Chosen(msgspec.Struct, frozen=True):
    """The jobs that an action is to be done to, and what of them a person is shown first."""

    ids: list[int]
    groups: Counter[tuple[str, str, str]]

    @classmethod
    def of(cls, rows: Sequence[Row], stands: Literal["state", "outcome"]) -> "Chosen":
        return cls([row["id"] for row in rows], Counter((row["kind"], row["queue"], row[stands]) for row in rows))


async def choose_live(connection: Connection, where: Common, states: Sequence[str]) -> Chosen:
    return Chosen.of(await live(connection, where, states), "state")


def act_on_ids(session: Session, action: Action, ids: Sequence[int], how: How, *, json: bool) -> int:
    """Act on *ids*, which somebody wrote out and so meant; returns LEFT when one of them is not as was asked for."""
    distinct = sorted(set(ids))
    if how.dry_run:
        states = session.run(lambda connection: _states(connection, distinct))
        _foretell(session, action, [Change(id_, was, None) for id_, was in states.items()], json=json)
        return DONE
    changes = _act(session, action, distinct, how)
    _report(session, action, changes, json=json)
    return DONE if all(_is_settled(action, change) for change in changes) else LEFT


def act_on_chosen(session: Session, action: Action, chosen: Chosen, how: How, *, json: bool) -> int:
    """Act on what a filter chose, once somebody has seen how many that is."""
    if how.dry_run or not chosen.ids:
        _preview(session, action, chosen, json=json)
        return DONE
    if not how.yes:
        _require_consent(session, action, chosen)
    _report(session, action, _act(session, action, chosen.ids, how), json=json)
    return DONE


def _require_consent(session: Session, action: Action, chosen: Chosen) -> None:
    number = counted(len(chosen.ids), "job")
    for (kind, queue, state), count in chosen.groups.most_common(_LISTED):
        session.output.complain(f"  {count:,} {kind} in {queue}, {state}")
    match session.confirm(f"{action.name} {number}?"):
        case None:
            raise InvalidCommand(f"say --yes to {action.name} {number}, or --dry-run to see which")
        case False:
            raise InvalidCommand("not confirmed; nothing was changed")


def _act(session: Session, action: Action, ids: Sequence[int], how: How) -> list[Change]:
    changes: list[Change] = []

    async def act(connection: Connection) -> None:
        for start in range(0, len(ids), BATCH):
            changes.extend(await _act_on_batch(session, connection, action, ids[start : start + BATCH], how))

    try:
        session.run(act)
    except KeyboardInterrupt:
        session.output.complain(f"interrupted: {counted(len(changes), 'job')} of {len(ids):,} dealt with")
        raise
    return changes


async def _act_on_batch(
    session: Session, connection: Connection, action: Action, ids: Sequence[int], how: How
) -> list[Change]:
    async with connection.transaction():
        rows = await connection.fetch(statement(f"control/{action.name}"), list(ids), *action.arguments)
        changes = [Change(row["id"], row["was"], row["now"]) for row in rows]
        changed = [change.id for change in changes if action.changes(change.was, change.now)]
        if changed:
            await record(session, connection, action.name, how.why, jobs=changed, details=action.details)
    return changes


async def record(
    session: Session,
    connection: Connection,
    what: str,
    why: str,
    *,
    jobs: Sequence[int] = (),
    details: Mapping[str, object] = {},
) -> None:
    """Put on record who does *what*, in the transaction in which it is done."""
    await connection.execute(
        statement("control/record"),
        what,
        why,
        session.environ.get("USER"),
        list(jobs),
        msgspec.json.encode(details).decode(),
    )


async def _states(connection: Connection, ids: Sequence[int]) -> dict[int, str | None]:
    rows = await connection.fetch("select id, fleet.state_of(id) as state from unnest($1::bigint[]) as id", list(ids))
    return {row["id"]: row["state"] for row in rows}


def _is_settled(action: Action, change: Change) -> bool:
    return action.changes(change.was, change.now) or change.now in action.settled


def _foretell(session: Session, action: Action, changes: Sequence[Change], *, json: bool) -> None:
    if json:
        session.output.json({"action": action.name, "dry_run": True, "jobs": changes})
        return
    session.output.say(f"would {action.name} {counted(len(changes), 'job')}, where it applies:")
    session.output.show(
        Table(_COLUMNS[:2], [(str(change.id), change.was or "unknown") for change in changes[:_LISTED]])
    )


def _preview(session: Session, action: Action, chosen: Chosen, *, json: bool) -> None:
    if json:
        session.output.json({"action": action.name, "dry_run": True, "ids": chosen.ids})
        return
    if not chosen.ids:
        session.output.say("nothing matches")
        return
    session.output.say(f"would {action.name} {counted(len(chosen.ids), 'job')}:")
    rows = [(f"{count:,}", *group) for group, count in chosen.groups.most_common()]
    session.output.show(Table((Column("jobs", right=True), Column("kind"), Column("queue"), Column("state")), rows))


def _report(session: Session, action: Action, changes: Sequence[Change], *, json: bool) -> None:
    changed = [change for change in changes if action.changes(change.was, change.now)]
    left = [change for change in changes if not action.changes(change.was, change.now)]
    if json:
        session.output.json({"action": action.name, "dry_run": False, "changed": changed, "left": left})
        return
    if len(changes) <= _LISTED:
        session.output.show(Table(_COLUMNS, [_row(change) for change in changes]))
    kept = f"; {len(left):,} left as they were ({_tally(left)})" if left else ""
    session.output.say(f"{action.done} {counted(len(changed), 'job')}{kept}")


def _row(change: Change) -> tuple[str, str, str]:
    return str(change.id), change.was or "unknown", change.now or "unknown"


def _tally(changes: Sequence[Change]) -> str:
    states = Counter(change.now or "unknown" for change in changes)
    return ", ".join(f"{count:,} {state}" for state, count in states.most_common())

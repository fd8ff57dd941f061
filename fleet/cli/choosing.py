"""Which jobs a command is about: ids, or what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

from fleet.db import Connection, Row
from fleet.errors import InvalidCommand
from fleet.sql import statement

# Of all jobs in a database: a scan of the table, which the ordinary limit of a statement may be too short for.
SCAN_LIMIT = timedelta(minutes=4)
_WINDOWS = (timedelta(hours=1), timedelta(days=1))

Ids: TypeAlias = Annotated[
    tuple[int, ...],
    Parameter(validator=Number(gte=1, lt=1 << 63), show_default=False, negative=(), help="Ids of jobs."),
]
Json: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False, help="One line of JSON for a program.")]
LiveState: TypeAlias = Literal["scheduled", "arriving", "held", "ready", "running", "cancelling"]
Outcome: TypeAlias = Literal["done", "failed", "cancelled", "lost"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What chooses jobs; every option that is given narrows the choice."""

    kind: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, help="Of this kind; may be given several times.")
    ] = ()
    queue: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False, help="In this queue.")] = ()
    error: Annotated[str | None, Parameter(help="Whose latest error contains this text.")] = None
    since: Annotated[
        timedelta | datetime | None,
        Parameter(
            help="Since a while ago (90s, 2h, 7d) or a moment (2026-11-22T03:00Z): enqueued, or ended if it has."
        ),
    ] = None
    limit: Annotated[int | None, Parameter(validator=Number(gte=1, lt=1 << 31), help="At most so many.")] = None

    def is_given(self) -> bool:
        return bool(self.kind or self.queue or self.error or self.since)

    async def began(self, connection: Connection) -> datetime | None:
        """Return the moment that *since* means by the clock of the server."""
        if isinstance(self.since, timedelta):
            began: datetime = await connection.fetchval("select fleet.now() - $1::interval", self.since)
            return began
        # A moment without a zone is one of this machine's.
        return None if self.since is None else self.since.astimezone(UTC)


def require_choice(ids: Sequence[int], where: Common, *, also_given: bool = False) -> None:
    """Raise InvalidCommand unless jobs are named in one of the two ways."""
    filtered = where.is_given() or also_given
    if ids and filtered:
        raise InvalidCommand("name jobs either by their ids or by a filter, not by both")
    if not ids and not filtered:
        raise InvalidCommand("name jobs by their ids, or choose them with --kind, --queue, --error or --since")


async def live(connection: Connection, where: Common, states: Sequence[str], *, with_errors: bool = False) -> list[Row]:
    return await _chosen(connection, "cli/live_jobs", where, states, with_errors)


async def ended(connection: Connection, where: Common, outcomes: Sequence[str]) -> list[Row]:
    """Return finished jobs, the latest first; where a few will do, a short look at the last hour mostly finds them."""
    if where.limit is not None and where.since is None:
        for window in _WINDOWS:
            rows = await _chosen(connection, "cli/ended_jobs", replace(where, since=window), outcomes)
            if len(rows) >= where.limit:
                return rows
    return await _chosen(connection, "cli/ended_jobs", where, outcomes)


async def _chosen(connection: Connection, name: str, where: Common, states: Sequence[str], *rest: Any) -> list[Row]:
    return await connection.fetch(
        statement(name),
        list(where.kind) or None,
        list(where.queue) or None,
        list(states) or None,
        where.error,
        await where.began(connection),
        where.limit,
        *rest,
        timeout=SCAN_LIMIT.total_seconds(),
    )

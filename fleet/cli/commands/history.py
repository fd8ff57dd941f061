"""fleet history"""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from fleet.cli.choosing import Common, Json, Outcome, ended
from fleet.cli.exits import DONE
from fleet.cli.session import Session
from fleet.cli.states import state_cell
from fleet.cli.table import Cell, Column, Table
from fleet.cli.words import brief, first_line, moment
from fleet.db import Connection, Row

_COLUMNS = (
    Column("id", right=True),
    Column("kind", cut=True),
    Column("queue", needs=90),
    Column("outcome"),
    Column("tried", right=True, needs=60),
    Column("finished", needs=70),
    Column("took", right=True),
    Column("error", cut=True),
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where(Common):
    """Which finished jobs."""

    outcome: Annotated[
        tuple[Outcome, ...], Parameter(negative=(), show_default=False, help="That ended so; any unless given.")
    ] = ()
    limit: Annotated[int | None, Parameter(help="At most so many.")] = 20


def history(
    *,
    where: Where = Where(),  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """List finished jobs, the latest first."""

    async def look(connection: Connection) -> list[Row]:
        return await ended(connection, where, where.outcome)

    found = session.run(look)
    if json:
        session.output.json(found)
    elif not found:
        session.output.say("no finished job matches")
    else:
        session.output.show(Table(_COLUMNS, [_row(job) for job in found]))
    return DONE


def _row(job: Row) -> tuple[Cell | str, ...]:
    return (
        str(job["id"]),
        job["kind"],
        job["queue"],
        state_cell(job["outcome"]),
        f"{job['attempt']}/{job['max_attempts']}",
        moment(job["finished_at"]),
        brief(job["took"]),
        first_line(job["error"]),
    )

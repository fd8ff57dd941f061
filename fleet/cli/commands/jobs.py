"""fleet jobs"""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from fleet.cli.choosing import Common, Json, LiveState, live
from fleet.cli.exits import DONE
from fleet.cli.session import Session
from fleet.cli.states import state_cell
from fleet.cli.table import Cell, Column, Table
from fleet.cli.words import first_line, moment
from fleet.db import Connection, Row

_COLUMNS = (
    Column("id", right=True),
    Column("kind", cut=True),
    Column("queue", needs=70),
    Column("state"),
    Column("tried", right=True),
    Column("priority", right=True, needs=110),
    Column("key", needs=130, cut=True),
    Column("enqueued", needs=100),
    Column("due", needs=80),
    Column("latest error", needs=60, cut=True),
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where(Common):
    """Which live jobs."""

    state: Annotated[
        tuple[LiveState, ...], Parameter(negative=(), show_default=False, help="In this state; any unless given.")
    ] = ()
    limit: Annotated[int | None, Parameter(help="At most so many.")] = 50


def jobs(
    *,
    where: Where = Where(),  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """List the jobs that have not ended, the oldest first."""

    async def look(connection: Connection) -> list[Row]:
        return await live(connection, where, where.state, with_errors=True)

    found = session.run(look)
    if json:
        session.output.json(found)
    elif not found:
        session.output.say("no live job matches")
    else:
        session.output.show(Table(_COLUMNS, [_row(job) for job in found]))
    return DONE


def _row(job: Row) -> tuple[Cell | str, ...]:
    return (
        str(job["id"]),
        job["kind"],
        job["queue"],
        state_cell(job["state"]),
        f"{job['attempt']}/{job['max_attempts']}",
        str(job["priority"]),
        first_line(job["key"]),
        moment(job["enqueued_at"]),
        moment(job["run_at"]) if job["state"] == "scheduled" else "",
        first_line(job["error"]),
    )

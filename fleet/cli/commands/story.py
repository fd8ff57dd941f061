"""fleet story"""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.session import Session
from fleet.cli.table import Column, Table
from fleet.cli.words import first_line, moment
from fleet.db import Connection, Row
from fleet.errors import NothingFound

_COLUMNS = (
    Column("at"),
    Column("event"),
    Column("attempt", right=True, needs=70),
    Column("worker", needs=110),
    Column("detail"),
)


def story(
    job: Annotated[int, Parameter(validator=Number(gte=1, lt=1 << 63), help="The id of a job.")],
    /,
    *,
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Tell everything that is known to have happened to a job, in order."""

    async def ask(connection: Connection) -> list[Row]:
        return await connection.fetch("select at, event, attempt, worker, detail from fleet.story($1)", job)

    events = session.run(ask)
    if not events:
        raise NothingFound(f"no job has the id {job}: it was never enqueued, or its history is no longer kept")
    if json:
        session.output.json(events)
    else:
        session.output.show(Table(_COLUMNS, [_row(event) for event in events]))
    return DONE


def _row(event: Row) -> tuple[str, ...]:
    attempt, worker = event["attempt"], event["worker"]
    return (
        moment(event["at"]),
        event["event"],
        "" if attempt is None else str(attempt),
        "" if worker is None else str(worker),
        first_line(event["detail"]),
    )

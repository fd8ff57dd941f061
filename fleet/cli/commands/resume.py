"""fleet resume"""

from typing import Annotated

from cyclopts import Parameter

from fleet.cli.acting import NO_REASON, record
from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.queues import require_queue
from fleet.cli.session import Session
from fleet.db import Connection, Row


def resume(
    queue: str,
    /,
    *,
    reason: Annotated[str | None, Parameter(help="Why; it is kept on record.")] = None,
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Claim from a paused queue again."""

    async def claim_again(connection: Connection) -> Row | None:
        await require_queue(connection, queue)
        async with connection.transaction():
            row = await connection.fetchrow("select name, was, now from fleet.resume($1)", queue)
            await record(session, connection, "resume", reason or NO_REASON, details={"queue": queue})
        return row

    row = session.run(claim_again)
    if json:
        session.output.json(row)
    else:
        was_open = row is not None and row["was"] == "open"
        session.output.say(f"{queue} was not paused" if was_open else f"{queue} is open again")
    return DONE

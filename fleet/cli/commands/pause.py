"""fleet pause"""

from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from fleet.cli.acting import NO_REASON, record
from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.queues import require_queue
from fleet.cli.session import Session
from fleet.cli.words import brief
from fleet.db import Connection, Row


def pause(
    queue: str,
    /,
    *,
    for_: Annotated[
        timedelta | None, Parameter(name="--for", help="So long (90s, 30m, 2h); without it, until fleet resume.")
    ] = None,
    reason: Annotated[str | None, Parameter(help="Why; fleet status shows it, and it is kept on record.")] = None,
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Claim nothing more from a queue, for a while or until it is resumed; what runs already runs on."""

    async def stop_claims(connection: Connection) -> Row | None:
        await require_queue(connection, queue)
        async with connection.transaction():
            row = await connection.fetchrow("select name, was, now from fleet.pause($1, $2, $3)", queue, for_, reason)
            details = {"queue": queue, "seconds": for_ and for_.total_seconds()}
            await record(session, connection, "pause", reason or NO_REASON, details=details)
        return row

    row = session.run(stop_claims)
    if json:
        session.output.json(row)
    else:
        session.output.say(f"{queue} is paused {f'for {brief(for_)}' if for_ else 'until fleet resume'}")
    return DONE

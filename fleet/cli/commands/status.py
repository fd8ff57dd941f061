"""fleet status"""

from datetime import timedelta
from typing import Annotated

import anyio
from cyclopts import Parameter

from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.live import watch
from fleet.cli.picture import Picture, look, tables
from fleet.cli.session import Session


def status(
    *,
    every: Annotated[timedelta, Parameter(help="How often a terminal is drawn anew.")] = timedelta(seconds=2),
    once: Annotated[bool, Parameter(negative=(), help="Show it once, on a terminal too.")] = False,
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Show queues, workers, running jobs, recent failures and what is not well; on a terminal, until Ctrl-C."""
    if session.output.rich and not (once or json):
        anyio.run(watch, session, max(every, timedelta(milliseconds=100)))
        return DONE
    picture: Picture = session.run(look)
    if json:
        session.output.json(picture)
    else:
        session.output.show(*tables(picture))
    return DONE

"""fleet migrate"""

from typing import Annotated

import anyio
from cyclopts import Parameter

from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.session import Session
from fleet.kinds import KINDS
from fleet.queue.install import install


def migrate(*, json: Json = False, session: Annotated[Session, Parameter(parse=False)]) -> int:
    """Bring the database to this release: schema, functions, kinds of jobs, and partitions for the coming days."""
    installed = anyio.run(install, session.settings.direct_url, KINDS)
    if json:
        session.output.json(installed)
        return DONE
    for name in installed.applied:
        session.output.say(f"applied {name}")
    if not installed.applied:
        session.output.say("the database is at this release already")
    return DONE

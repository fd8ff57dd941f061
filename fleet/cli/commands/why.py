"""fleet why"""

from typing import Annotated

import msgspec
from cyclopts import Parameter

from fleet.cli.choosing import Ids, Json
from fleet.cli.exits import DONE, NOT_FOUND
from fleet.cli.session import Session
from fleet.db import Connection


class Answer(msgspec.Struct, frozen=True):
    """What is said of one job."""

    id: int
    state: str | None
    reasons: list[str]


def why(ids: Ids, /, *, json: Json = False, session: Annotated[Session, Parameter(parse=False)]) -> int:
    """Say why jobs do not run, or what became of them: a sentence for each reason."""

    async def ask(connection: Connection) -> list[Answer]:
        return [await _ask(connection, job) for job in ids]

    answers = session.run(ask)
    if json:
        session.output.json(answers)
    for answer in () if json else answers:
        for reason in answer.reasons:
            session.output.say(f"{answer.id}: {reason}" if len(answers) > 1 else reason)
    return DONE if all(answer.state for answer in answers) else NOT_FOUND


async def _ask(connection: Connection, job: int) -> Answer:
    state = await connection.fetchval("select fleet.state_of($1)", job)
    rows = await connection.fetch("select reason from fleet.why($1) as reason", job)
    return Answer(job, state, [row["reason"] for row in rows])

"""fleet retry"""

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from fleet.cli.acting import Action, Chosen, How, act_on_chosen, act_on_ids
from fleet.cli.choosing import Common, Ids, Json, ended, require_choice
from fleet.cli.session import Session
from fleet.db import Connection

_RETRY = Action(
    name="retry",
    done="retried",
    changes=lambda was, now: was != now,
    settled=frozenset({"ready", "arriving", "held", "running"}),
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where(Common):
    """Which finished jobs."""

    outcome: Annotated[
        tuple[Literal["failed", "cancelled", "lost"], ...],
        Parameter(negative=(), show_default=False, help="That ended so; failed and lost unless given."),
    ] = ()


def retry(
    ids: Ids = (),
    /,
    *,
    where: Where = Where(),  # frozen
    how: How = How(),  # noqa: B008  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Bring back jobs that failed, were cancelled or lost, with the same ids; scheduled ones run now."""
    require_choice(ids, where, also_given=bool(where.outcome))
    if ids:
        return act_on_ids(session, _RETRY, ids, how, json=json)

    async def choose(connection: Connection) -> Chosen:
        return Chosen.of(await ended(connection, where, where.outcome or ("failed", "lost")), "outcome")

    return act_on_chosen(session, _RETRY, session.run(choose), how, json=json)

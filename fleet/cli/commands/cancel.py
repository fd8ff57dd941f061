"""fleet cancel"""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from fleet.cli.acting import Action, How, act_on_chosen, act_on_ids, choose_live
from fleet.cli.choosing import Common, Ids, Json, require_choice
from fleet.cli.session import Session

_CANCEL = Action(
    name="cancel",
    done="cancelled",
    changes=lambda was, now: was != now,
    settled=frozenset({"cancelled", "cancelling"}),
)
_STATES = ("scheduled", "arriving", "held", "ready", "running")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where(Common):
    """Which live jobs."""

    state: Annotated[
        tuple[Literal["scheduled", "arriving", "held", "ready", "running"], ...],
        Parameter(negative=(), show_default=False, help="In this state; any unless given."),
    ] = ()


def cancel(
    ids: Ids = (),
    /,
    *,
    where: Where = Where(),  # frozen
    how: How = How(),  # noqa: B008  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """End waiting jobs for good, and have running ones stopped by their workers."""
    require_choice(ids, where, also_given=bool(where.state))
    action = msgspec.structs.replace(_CANCEL, arguments=(how.reason,))
    if ids:
        return act_on_ids(session, action, ids, how, json=json)
    chosen = session.run(lambda connection: choose_live(connection, where, where.state or _STATES))
    return act_on_chosen(session, action, chosen, how, json=json)

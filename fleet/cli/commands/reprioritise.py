"""fleet reprioritise"""

from typing import Annotated

from cyclopts import Parameter

from fleet.cli.acting import Action, How, act_on_chosen, act_on_ids, choose_live
from fleet.cli.choosing import Common, Ids, Json, require_choice
from fleet.cli.session import Session

_WAITING = frozenset({"scheduled", "arriving", "held", "ready"})


def reprioritise(
    ids: Ids = (),
    /,
    *,
    to: Annotated[int, Parameter(help="The new priority; the lowest number runs first.", allow_leading_hyphen=True)],
    where: Common = Common(),  # noqa: B008  # frozen
    how: How = How(),  # noqa: B008  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Give waiting jobs another priority."""
    require_choice(ids, where)
    action = Action(
        name="reprioritise",
        done=f"gave priority {to} to",
        arguments=(to,),
        details={"priority": to},
        changes=lambda was, _now: was in _WAITING,
        settled=frozenset(),
    )
    if ids:
        return act_on_ids(session, action, ids, how, json=json)
    chosen = session.run(lambda connection: choose_live(connection, where, sorted(_WAITING)))
    return act_on_chosen(session, action, chosen, how, json=json)

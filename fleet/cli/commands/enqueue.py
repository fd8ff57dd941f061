"""fleet enqueue"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from fleet.cli.acting import NO_REASON, record
from fleet.cli.choosing import Json
from fleet.cli.exits import DONE
from fleet.cli.session import Session
from fleet.db import Connection, Row
from fleet.errors import InvalidCommand

_ENQUEUE = (
    "select id, inserted from fleet.enqueue($1, $2::text::jsonb, queue => $3, delay => $4, run_at => $5,"
    " priority => $6, max_attempts => $7, unique_key => $8, on_conflict => $9, debounce_at_most => $10,"
    " fair_key => $11)"
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be said of a job besides its arguments."""

    queue: Annotated[str | None, Parameter(help="Another queue than the kind's own.")] = None
    delay: Annotated[timedelta | None, Parameter(help="So long from now (90s, 2h).")] = None
    run_at: Annotated[datetime | None, Parameter(help="Not before this moment (2026-11-22T03:00Z).")] = None
    priority: Annotated[int, Parameter(allow_leading_hyphen=True, help="The lowest number runs first.")] = 0
    max_attempts: Annotated[int | None, Parameter(help="Instead of what the kind says.")] = None
    unique_key: Annotated[str | None, Parameter(help="Instead of the one its arguments make.")] = None
    fair_key: Annotated[str | None, Parameter(help="Instead of the one its arguments make.")] = None
    on_conflict: Annotated[
        Literal["skip", "replace", "debounce"],
        Parameter(help="What becomes of a job that waits under the same unique key."),
    ] = "skip"
    debounce_at_most: Annotated[timedelta | None, Parameter(help="Bounds how long debounce may put it off.")] = None
    reason: Annotated[str | None, Parameter(help="Why; it is kept on record.")] = None


def enqueue(
    kind: str,
    arguments: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="owner=psf for text, user_id:=7 for JSON, {…}, or @- to read them.",
        ),
    ] = (),
    /,
    *,
    options: Options = Options(),  # frozen
    json: Json = False,
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Enqueue one job and print its id, or that of the one that is there already."""
    args = parse_arguments(arguments, session)

    async def put(connection: Connection) -> Row | None:
        async with connection.transaction():
            row = await connection.fetchrow(
                _ENQUEUE,
                *(kind, args, options.queue, options.delay, options.run_at and options.run_at.astimezone(UTC)),
                *(options.priority, options.max_attempts, options.unique_key, options.on_conflict),
                *(options.debounce_at_most, options.fair_key),
            )
            if row is not None and row["inserted"]:
                reason = options.reason or NO_REASON
                await record(session, connection, "enqueue", reason, jobs=[row["id"]], details={"kind": kind})
        return row

    row = session.run(put)
    assert row is not None  # noqa: S101  # the function returns one row or raises
    if json:
        session.output.json(row)
    else:
        session.output.say(f"queued as {row['id']}" if row["inserted"] else f"already queued as {row['id']}")
    return DONE


def parse_arguments(given: Sequence[str], session: Session) -> str:
    """Return the arguments of a job as JSON text; raises InvalidCommand for what is no argument."""
    if list(given) == ["@-"]:
        return _whole(session.answers.read())
    if len(given) == 1 and given[0].lstrip().startswith("{"):
        return _whole(given[0])
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not equals or not name:
            raise InvalidCommand(f"{text} is no argument: write name=text or name:=JSON")
        if name in values:
            raise InvalidCommand(f"the argument {name} is given twice")
        values[name] = _json(name, value) if is_json else value
    return msgspec.json.encode(values).decode()


def _whole(text: str) -> str:
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as problem:
        raise InvalidCommand(f"the arguments are no JSON object: {problem}") from None
    return text


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as problem:
        raise InvalidCommand(f"the argument {name} is no JSON: {problem}") from None

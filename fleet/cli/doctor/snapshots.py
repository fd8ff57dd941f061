"""What keeps dead rows from being vacuumed, and write-ahead logs from being removed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.cli.words import brief, first_line, size
from fleet.sql import statement

# Workers hold none for longer than a moment; a dump may hold one for as long as it takes.
_OLD = timedelta(minutes=5)
_VERY_OLD = timedelta(hours=1)
# Of write-ahead log that an idle slot has the server keep.
_MUCH = 1 << 30


async def look(ground: Ground) -> list[Finding]:
    return judge(await ground.connection.fetch(statement("doctor/holders"), _OLD))


def judge(holders: Sequence[Any]) -> list[Finding]:
    return [_judge(holder) for holder in holders] or [ok("nothing holds an old snapshot")]


def _judge(holder: Any) -> Finding:
    name = first_line(holder["name"])
    match holder["sort"]:
        case "transaction":
            level = bad if holder["age"] > _VERY_OLD else warn
            return level(
                f"session {name} of {holder['user']} ({first_line(holder['program'])}, {holder['state']}) has been in a"
                f" transaction for {brief(holder['age'])}",
                f"If nobody needs it: select pg_terminate_backend({name}). A dump that runs ends by itself.",
            )
        case "prepared":
            return bad(
                f"the prepared transaction {name} of {holder['user']} is {brief(holder['age'])} old",
                f"Nobody commits it any more, or does somebody? rollback prepared '{name}'.",
            )
        case "slot":
            level = bad if (holder["octets"] or 0) > _MUCH else warn
            return level(
                f"nobody reads the slot {name}; the server keeps {size(holder['octets'] or 0)} of log for it",
                f"Start what read from it, or: select pg_drop_replication_slot('{name}').",
            )
    return warn(
        f"the replica {name} holds a snapshot that is {holder['octets']:,} transactions old",
        "A long query runs there, with hot_standby_feedback on.",
    )

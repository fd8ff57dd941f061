"""Whether what the platform's cron starts was started, and got done."""

from collections.abc import Sequence
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, ok, warn
from fleet.cli.words import brief


async def look(ground: Ground) -> list[Finding]:
    return judge(await ground.connection.fetch("select task, state, since_success, late, error_class from fleet.cron"))


def judge(tasks: Sequence[Any]) -> list[Finding]:
    if not tasks:
        return [warn("no cron task has ever run here", "Nothing is deleted and no partitions are made: docs/cron.md.")]
    return [
        warn(_found(task), f"Run it by hand and see: python -m entrypoints.{task['task'].replace('-', '_')}.")
        for task in tasks
        if task["late"] or task["state"] in {"failed", "unfinished"}
    ] or [ok(f"{', '.join(task['task'] for task in tasks)}: each was done in time")]


def _found(task: Any) -> str:
    done = "was never done" if task["since_success"] is None else f"was last done {brief(task['since_success'])} ago"
    ended = f" with {task['error_class']}" if task["error_class"] else ""
    return f"{task['task']} {done}; its newest run is {task['state']}{ended}"

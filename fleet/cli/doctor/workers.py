"""Whether every job that waits has a worker that would take it, and workers are of one release."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fleet.cli.doctor.finding import Finding, Ground, bad, ok, warn
from fleet.cli.words import counted, first_line
from fleet.sql import statement


async def look(ground: Ground) -> list[Finding]:
    kinds = await ground.connection.fetch(statement("doctor/unserved"))
    workers = await ground.connection.fetch(statement("doctor/workers"))
    return [*judge_kinds(kinds), *judge_versions(workers)]


def judge_kinds(kinds: Sequence[Any]) -> list[Finding]:
    findings = []
    for kind in kinds:
        jobs, name = counted(kind["jobs"], "job"), kind["kind"]
        if not kind["is_declared"]:
            findings.append(
                bad(
                    f"{jobs} of the unknown kind {name} in {kind['queue']}",
                    f"Migrate the release that knows it, or: fleet cancel --kind {name}.",
                )
            )
        elif not kind["is_served"]:
            findings.append(
                bad(
                    f"{jobs} of kind {name} in {kind['queue']}, and no live worker takes them there",
                    "Start one that serves this queue, or move the jobs.",
                )
            )
    return findings


def judge_versions(workers: Sequence[Any]) -> list[Finding]:
    if not workers:
        return [
            warn(
                "no worker is alive",
                "Start one, or look at why the last ones ended: their exit codes are in the README.",
            )
        ]
    versions = Counter(worker["service"] for worker in workers)
    mixed = [
        warn(
            f"{service} runs in {versions[service]} versions: "
            + ", ".join(first_line(worker["version"]) for worker in workers if worker["service"] == service),
            "So it is during a deploy. Afterwards, stop the old ones.",
        )
        for service in versions
        if versions[service] > 1
    ]
    alive = ", ".join(f"{worker['workers']} {first_line(worker['service'])}" for worker in workers)
    return mixed or [ok(f"alive: {alive}")]

"""The services as Infrastructure as Code: ``railway config plan --file railway/railway.py``.

Their facts stand in the JSON files beside this one, which Railway also reads by themselves as Config as Code. The CLI
runs this file alone and parses its standard output, so it imports nothing of the project and prints nothing.
"""

import json
import os
from pathlib import Path
from typing import Any

from railway_sdk import Project, Service, define_railway, github, preserve, project, service

# Only what this file names is planned: the web application and the database live in the same environment.
PARTIAL = "fleet"

# Set by hand, or by another service; `preserve` keeps what is there.
_KEPT = {
    "analyzer": ("DATABASE_URL", "ENCRYPTION_KEYS"),
    "spec-generator": ("DATABASE_URL",),
    "retention-cleanup": ("DATABASE_URL",),
    "partitions": ("DATABASE_URL",),
    # Others than this machine can reach it, so it does not start without a token.
    "dashboard": ("DATABASE_URL", "DASHBOARD_TOKEN"),
}

# What its image does not bring along, and the platform has to say.
_GIVEN = {"dashboard": {"DASHBOARD_HOST": "::"}}


@define_railway
def main(ctx: Any = None) -> Project:  # noqa: ARG001  # the CLI may pass its context
    return project("fleet", resources=[_service(name) for name in _KEPT])


def _service(name: str) -> Service:
    facts = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))
    variables: dict[str, Any] = {variable: preserve() for variable in _KEPT[name]}
    draining = facts["deploy"].get("drainingSeconds")
    if draining is not None:
        # The platform's own name for it: so the process knows how long it has after SIGTERM.
        variables["RAILWAY_DEPLOYMENT_DRAINING_SECONDS"] = str(draining)
    variables |= _GIVEN.get(name, {})
    if "healthcheckPath" in facts["deploy"]:
        # A service without an address of its own may be given none to listen on.
        variables["PORT"] = "8080"
    return service(name, source=_source(), build=facts["build"], deploy=facts["deploy"], env=variables)


def _source() -> dict[str, Any] | None:
    """Without FLEET_REPOSITORY (owner/name) a service keeps the source it has."""
    repository = os.environ.get("FLEET_REPOSITORY")
    return github(repository) if repository else None

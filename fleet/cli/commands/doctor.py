"""fleet doctor"""

from typing import Annotated

import anyio
from cyclopts import Parameter

from fleet.cli.choosing import Json
from fleet.cli.doctor.examine import Examined, examine
from fleet.cli.session import Session
from fleet.cli.table import Cell

_STYLES = {"ok": "green", "warn": "yellow", "bad": "red"}
_STATUS = {"ok": 0, "warn": 1, "bad": 2}


def doctor(*, json: Json = False, session: Annotated[Session, Parameter(parse=False)]) -> int:
    """Examine settings, database and queue, and say what to do. Exit 0 if all is well, 1 on warnings, 2 if bad."""
    findings: list[Examined] = []

    def tell(finding: Examined) -> None:
        findings.append(finding)
        if not json:
            _show(session, finding)

    anyio.run(examine, session, tell)
    if json:
        session.output.json(findings)
    return max(_STATUS[finding.level] for finding in findings)


def _show(session: Session, finding: Examined) -> None:
    level = Cell(f"{finding.level:<4}", _STYLES[finding.level])
    session.output.mark(level, f"{finding.check:<10}  {finding.found}")
    if finding.advice:
        session.output.mark(Cell("    "), f"{'':<10}  -> {finding.advice}")

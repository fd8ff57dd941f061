"""Shows what is read from a source as lines: ``suite > test status``, the status only if it is not active."""

from fleet.analysis.detect.scope import Scopes
from fleet.analysis.inventory import Location, Suite, TestFile
from fleet.analysis.parse.configs.read import read_config
from fleet.analysis.parse.source import read_source


def file_of(path: str, source: str, scopes: Scopes | None = None) -> TestFile:
    parsed = read_source(path, source.encode(), scopes or Scopes())
    assert isinstance(parsed, TestFile), parsed
    return parsed


def lines_of(path: str, source: str) -> list[str]:
    return _lines(file_of(path, source), "")


def locations_of(path: str, source: str) -> dict[str, Location]:
    return dict(_locations(file_of(path, source)))


def scopes_of(path: str, content: str) -> Scopes:
    return Scopes(tuple(read_config(path, content.encode())))


def framework_of(path: str, source: str, scopes: Scopes | None = None) -> str | None:
    parsed = read_source(path, source.encode(), scopes or Scopes())
    return parsed.framework if isinstance(parsed, TestFile) else None


def _lines(of: TestFile | Suite, prefix: str) -> list[str]:
    lines = [f"{prefix}{test.name}" + (f" {test.status}" if test.status != "active" else "") for test in of.tests]
    for suite in of.suites:
        status = f" {suite.status}" if suite.status != "active" else ""
        lines += _lines(suite, f"{prefix}{suite.name}{status} > ") or [f"{prefix}{suite.name}{status} >"]
    return lines


def _locations(of: TestFile | Suite) -> list[tuple[str, Location]]:
    found = [(test.name, test.location) for test in of.tests]
    for suite in of.suites:
        found += [(suite.name, suite.location), *_locations(suite)]
    return found

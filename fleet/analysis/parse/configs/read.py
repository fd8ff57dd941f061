"""Reads a configuration file: which folders it claims for which framework."""

from fleet.analysis.detect import configs
from fleet.analysis.detect.candidates import language_of
from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import table
from fleet.analysis.parse.configs.cypress import cypress_scopes
from fleet.analysis.parse.configs.jest import jest_scopes
from fleet.analysis.parse.configs.literal import exported, parsed_json
from fleet.analysis.parse.configs.mocha import mocha_scopes, mocha_scopes_of_scripts, settings
from fleet.analysis.parse.configs.playwright import playwright_scopes
from fleet.analysis.parse.configs.pytest import pytest_scopes, pytest_scopes_of_ini, pytest_scopes_of_project
from fleet.analysis.parse.configs.vitest import vitest_scopes, vitest_workspace_scopes

_SCRIPTS = (
    (configs.JEST, jest_scopes),
    (configs.VITEST, vitest_scopes),
    (configs.VITEST_WORKSPACE, vitest_workspace_scopes),
    (configs.PLAYWRIGHT, playwright_scopes),
    (configs.CYPRESS, cypress_scopes),
    (configs.MOCHA, mocha_scopes),
)


def read_config(path: str, content: bytes) -> list[Scope]:
    """Return the claims of the file at *path*; none if it is about something else or cannot be read."""
    name = path.rpartition("/")[2]
    if configs.PYTEST.fullmatch(name):
        return pytest_scopes(path, name, content)
    if configs.PYPROJECT.fullmatch(name):
        return pytest_scopes_of_project(path, content)
    if configs.INI.fullmatch(name):
        return pytest_scopes_of_ini(path, name, content)
    if configs.PACKAGE.fullmatch(name):
        return _package(path, content)
    return _script(path, name, content)


def _package(path: str, content: bytes) -> list[Scope]:
    # Most packages configure neither; looking costs less than reading them.
    if b'"jest"' not in content and b"mocha" not in content:
        return []
    package = parsed_json(content)
    if not isinstance(package, dict):
        return []
    jest = jest_scopes(path, package["jest"]) if isinstance(package.get("jest"), dict) else []
    mocha = mocha_scopes(path, package["mocha"]) if isinstance(package.get("mocha"), dict) else []
    return [*jest, *mocha, *mocha_scopes_of_scripts(path, table(package, "scripts"))]


def _script(path: str, name: str, content: bytes) -> list[Scope]:
    if name == "mocha.opts":
        return mocha_scopes(path, {})
    if name.endswith((".yml", ".yaml")):
        options = settings(content)
    elif name.endswith((".json", ".jsonc", ".mocharc")):
        options = parsed_json(content)
    else:
        options = exported(language_of(path) or "javascript", content)
    if configs.VITE.fullmatch(name):
        return vitest_scopes(path, options) if table(options, "test") else []
    return next((claims(path, options) for pattern, claims in _SCRIPTS if pattern.fullmatch(name)), [])

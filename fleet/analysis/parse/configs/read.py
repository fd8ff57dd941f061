"""Reads a configuration file: which folders it claims for which framework."""

from fleet.analysis.detect import configs
from fleet.analysis.detect.candidates import language_of
from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, table, whole_folder
from fleet.analysis.parse.configs.jest import jest_scopes
from fleet.analysis.parse.configs.literal import exported, parsed_json
from fleet.analysis.parse.configs.playwright import playwright_scopes
from fleet.analysis.parse.configs.pytest import pytest_scopes_of_ini, pytest_scopes_of_project
from fleet.analysis.parse.configs.vitest import vitest_scopes


def read_config(path: str, content: bytes) -> list[Scope]:
    """Return the claims of the file at *path*; none if it is about something else or cannot be read."""
    name = path.rpartition("/")[2]
    if name in configs.PYTEST:
        return whole_folder("pytest", path)
    if name in configs.PYPROJECT:
        return pytest_scopes_of_project(path, content)
    if name in configs.INI:
        return pytest_scopes_of_ini(path, name, content)
    if name in configs.MOCHA:
        return whole_folder("mocha", path, _project_of_mocha(path, name))
    if name in configs.PACKAGE:
        return _package(path, content)
    return _script(path, name, content)


def _project_of_mocha(path: str, name: str) -> str:
    folder = folder_of(path)
    # mocha.opts lives among the tests, and is about the project around them.
    return folder_of(folder) if name == "mocha.opts" and folder.rpartition("/")[2] == "test" else folder


def _package(path: str, content: bytes) -> list[Scope]:
    # Most packages configure neither; looking costs less than reading them.
    if b'"jest"' not in content and b'"mocha"' not in content:
        return []
    package = parsed_json(content)
    if not isinstance(package, dict):
        return []
    jest = jest_scopes(path, package["jest"]) if isinstance(package.get("jest"), dict) else []
    return jest + (whole_folder("mocha", path) if isinstance(package.get("mocha"), dict) else [])


def _script(path: str, name: str, content: bytes) -> list[Scope]:
    options = parsed_json(content) if name.endswith(".json") else exported(language_of(path) or "javascript", content)
    if name in configs.JEST:
        return jest_scopes(path, options)
    if name in configs.VITEST or (name in configs.VITE and table(options, "test")):
        return vitest_scopes(path, options)
    if name in configs.PLAYWRIGHT:
        return playwright_scopes(path, options)
    return whole_folder("cypress", path, f"{folder_of(path)}/cypress".lstrip("/")) if name in configs.CYPRESS else []

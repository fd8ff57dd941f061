"""The claims of the files in which pytest is configured."""

import configparser
import tomllib
from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import table, whole_folder

_SECTIONS = {"setup.cfg": "tool:pytest", "tox.ini": "pytest"}


def pytest_scopes_of_project(config: str, content: bytes) -> list[Scope]:
    """Read pyproject.toml: its folder is pytest's if it configures pytest."""
    try:
        project: Any = tomllib.loads(content.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return []
    return whole_folder("pytest", config) if "pytest" in table(project, "tool") else []


def pytest_scopes_of_ini(config: str, name: str, content: bytes) -> list[Scope]:
    """Read setup.cfg and tox.ini, which many tools share."""
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        reader.read_string(content.decode("utf-8", "replace"))
    except configparser.Error:
        return []
    return whole_folder("pytest", config) if reader.has_section(_SECTIONS[name]) else []

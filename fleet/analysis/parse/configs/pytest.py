"""The claims of the files in which pytest is configured."""

import configparser
import shlex
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from fleet.analysis.detect.scope import Names, Scope
from fleet.analysis.parse.configs.claims import folder_of, table, texts

# Files with a section for pytest among others; one that is pytest's own configures it even without that.
_SECTIONS: Final = {"setup.cfg": "tool:pytest", "tox.ini": "pytest"}
_OWN_SECTION: Final = "pytest"
# The first of these in a folder is the one that is read.
_ORDER: Final = (
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
    *("pyproject.toml", "tox.ini", "setup.cfg"),
)
# Longer options are written by nobody.
_MAX_CHARACTERS: Final = 10_000


def pytest_scopes(config: str, name: str, content: bytes) -> list[Scope]:
    """Read a file whose folder is pytest's by its name alone."""
    if name == "conftest.py":
        return [_scope(config, None)]
    if name.endswith(".toml"):
        return [_scope(config, table(_toml(content), _OWN_SECTION))]
    return [_scope(config, _section(content, _OWN_SECTION) or {})]


def pytest_scopes_of_project(config: str, content: bytes) -> list[Scope]:
    """Read pyproject.toml: its folder is pytest's if it configures pytest."""
    tools = table(_toml(content), "tool")
    if "pytest" not in tools:
        return []
    own = table(tools, "pytest")
    return [_scope(config, {**own, **table(own, "ini_options")})]


def pytest_scopes_of_ini(config: str, name: str, content: bytes) -> list[Scope]:
    """Read setup.cfg and tox.ini, which many tools share."""
    options = _section(content, _SECTIONS[name])
    return [] if options is None else [_scope(config, options)]


def _scope(config: str, options: Mapping[str, Any] | None) -> Scope:
    folder = folder_of(config)
    if options is None:
        return Scope("pytest", config, folder, (folder,))
    files = _patterns(options.get("python_files"))
    names = Names(
        None if files is None else tuple(_glob(pattern) for pattern in files),
        _patterns(options.get("python_classes")),
        _patterns(options.get("python_functions")),
        _ORDER.index(config.rpartition("/")[2]),
    )
    return Scope("pytest", config, folder, (folder,), also=names.files or (), names=names)


def _patterns(value: Any) -> tuple[str, ...] | None:
    """Return the patterns that an option sets, divided as the arguments of a command are."""
    if not isinstance(value, str) or len(value) > _MAX_CHARACTERS:
        return texts(value) if isinstance(value, list) else None
    try:
        return texts(shlex.split(value, comments=True))
    except ValueError:
        return None


def _glob(pattern: str) -> str:
    """Return *pattern* as a glob for whole paths: one with a folder spans any number of those with its stars."""
    return "**/" + (pattern.replace("*", "**") if "/" in pattern else pattern)


def _toml(content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _section(content: bytes, name: str) -> Mapping[str, Any] | None:
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        reader.read_string(content.decode("utf-8", "replace"))
    except configparser.Error:
        return None
    return dict(reader[name]) if reader.has_section(name) else None

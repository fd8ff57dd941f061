"""Turns what a configuration says of folders and globs into a claim."""

import posixpath
from collections.abc import Iterable
from typing import Any

from fleet.analysis.detect.expression import is_readable
from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.literal import Expression

# More, and longer ones, than anybody writes by hand; the rest is dropped, so that a claim is never much larger than
# the file it comes from.
_MAX_PATTERNS = 100
_MAX_CHARACTERS = 300
_MAX_PROJECTS = 50


def folder_of(path: str) -> str:
    return posixpath.dirname(path)


def resolve(folder: str, relative: str) -> str | None:
    """Return the folder that *relative* means seen from *folder*, or None if it is outside the repository."""
    joined = posixpath.normpath(posixpath.join("/" + folder, relative.lstrip("/") or "."))
    depth = folder.count("/") + 1 if folder else 0
    climbs = posixpath.normpath(relative).split("/").count("..")
    return None if climbs > depth else joined.strip("/")


def texts(value: Any) -> tuple[str, ...]:
    """Return the strings in *value*: itself, or those of a list."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and len(each) <= _MAX_CHARACTERS)[:_MAX_PATTERNS]


def expressions(value: Any) -> tuple[str, ...]:
    """Return the regular expressions in *value*, written as such: itself, or those of a list."""
    values = value if isinstance(value, list) else [value]
    return readable(each.pattern for each in values if isinstance(each, Expression))


def readable(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the regular expressions that can be read; one that cannot neither takes in nor leaves out anything."""
    return tuple(each for each in patterns if len(each) <= _MAX_CHARACTERS and is_readable(each))[:_MAX_PATTERNS]


def table(value: Any, key: str) -> dict[str, Any]:
    """Return the object at *key* of the object *value*, or an empty one."""
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def projects(options: Any) -> list[dict[str, Any]]:
    """Return the projects that are written out in *options*; those named by their folders have files of their own."""
    listed = options.get("projects") if isinstance(options, dict) else None
    return [each for each in listed if isinstance(each, dict)][:_MAX_PROJECTS] if isinstance(listed, list) else []


def whole_folder(framework: str, config: str, folder: str | None = None) -> list[Scope]:
    claimed = folder_of(config) if folder is None else folder
    return [Scope(framework, config, claimed, (claimed,))]

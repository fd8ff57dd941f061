"""The claims of a Jest configuration."""

import re
from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, projects, readable, resolve, texts

_ROOT = "<rootDir>"
# What Jest takes for tests by default, and nobody else would by the name.
_ALSO = ("**/{test,spec}.?([cm])[jt]s?(x)",)


def jest_scopes(config: str, options: Any) -> list[Scope]:
    """Return one claim for the configuration and one for each project that is written out in it."""
    given = options if isinstance(options, dict) else {}
    return [scope for each in (projects(given) or [given]) for scope in _scope(config, {**_shared(given), **each})]


def _shared(options: dict[str, Any]) -> dict[str, Any]:
    return {"rootDir": options["rootDir"]} if "rootDir" in options else {}


def _scope(config: str, options: dict[str, Any]) -> list[Scope]:
    folder = resolve(folder_of(config), next(iter(texts(options.get("rootDir"))), "."))
    if folder is None:
        return []
    roots = [resolve(folder, _beside(root)) for root in texts(options.get("roots"))]
    globs = texts(options.get("testMatch"))
    ignored = (*texts(options.get("testPathIgnorePatterns")), *texts(options.get("modulePathIgnorePatterns")))
    return [
        Scope(
            "jest",
            config,
            folder,
            tuple(root for root in roots if root is not None) or (folder,),
            include=tuple(_beside(glob) for glob in globs if not glob.startswith("!")),
            exclude=tuple(_beside(glob[1:]) for glob in globs if glob.startswith("!")),
            matching=_whole(texts(options.get("testRegex"))),
            ignoring=_whole(ignored),
            also=_ALSO,
        )
    ]


def _beside(pattern: str) -> str:
    return pattern.removeprefix(_ROOT).lstrip("/") or "."


def _whole(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Jest looks for its expressions in whole paths, which begin with the root folder's."""
    return readable(re.sub(rf"^\^?{_ROOT}/?", "^/", pattern) for pattern in patterns)

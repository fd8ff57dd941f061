"""The claims of a Jest configuration."""

from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, projects, resolve, texts
from fleet.analysis.parse.configs.expression import glob_of

_ROOT = "<rootDir>"


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
    # Every pattern is about the whole path, so it is held against paths seen from the root folder.
    roots = [resolve(folder, _beside(root)) for root in texts(options.get("roots"))]
    ignored = (*texts(options.get("testPathIgnorePatterns")), *texts(options.get("modulePathIgnorePatterns")))
    return [
        Scope(
            "jest",
            config,
            folder,
            tuple(root for root in roots if root is not None) or (folder,),
            tuple(_beside(glob) for glob in texts(options.get("testMatch")) if not glob.startswith("!")),
            (
                *(_beside(glob[1:]) for glob in texts(options.get("testMatch")) if glob.startswith("!")),
                *(glob for expression in ignored if (glob := glob_of(expression)) is not None),
            ),
        )
    ]


def _beside(pattern: str) -> str:
    return pattern.removeprefix(_ROOT).lstrip("/") or "."

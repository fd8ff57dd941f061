"""The claims of a Playwright configuration."""

from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import expressions, folder_of, projects, resolve, texts

_INHERITED = ("testDir", "testMatch", "testIgnore")


def playwright_scopes(config: str, options: Any) -> list[Scope]:
    """Claim what is named, folders or files; where neither is a file has to import Playwright."""
    given = options if isinstance(options, dict) else {}
    inherited = {key: given[key] for key in _INHERITED if key in given}
    found = [scope for each in projects(given) or [{}] for scope in _scope(config, {**inherited, **each})]
    return sorted(set(found), key=lambda scope: (scope.folder, scope.include, scope.matching))


def _scope(config: str, options: dict[str, Any]) -> list[Scope]:
    here = folder_of(config)
    folder = resolve(here, next(iter(texts(options.get("testDir"))), "."))
    include, matching = _globs(options.get("testMatch")), expressions(options.get("testMatch"))
    if folder is None or not (folder != here or include or matching):
        return []
    exclude, ignoring = _globs(options.get("testIgnore")), expressions(options.get("testIgnore"))
    return [Scope("playwright", config, folder, (folder,), include, exclude, matching, ignoring)]


def _globs(value: Any) -> tuple[str, ...]:
    """Playwright looks for its globs at the end of a path."""
    return tuple(glob if glob.startswith("**/") else f"**/{glob.removeprefix('./')}" for glob in texts(value))

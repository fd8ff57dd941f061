"""The claims of a Vitest configuration."""

import posixpath
from typing import Any

from fleet.analysis.detect.scope import Scope, is_under
from fleet.analysis.parse.configs.claims import folder_of, projects, resolve, table, texts


def vitest_scopes(config: str, options: Any) -> list[Scope]:
    """Return one claim for the configuration and one for each project that is written out in it."""
    given = options if isinstance(options, dict) else {}
    test = table(given, "test")
    written = [*projects(test), *projects({"projects": test.get("workspace")})]
    return [scope for each in (given, *written) for scope in _scope(config, each)]


def vitest_workspace_scopes(config: str, listed: Any) -> list[Scope]:
    """Return one claim for each project that is written out, and one for the folders that are named."""
    folder = folder_of(config)
    written = [scope for each in projects({"projects": listed}) for scope in _scope(config, each)]
    # A file that is named is a configuration, which is read for itself.
    named = tuple(f"{posixpath.normpath(glob)}/**" for glob in texts(listed) if not glob.startswith("!"))
    return [*written, *([Scope("vitest", config, folder, (folder,), named)] if named else [])]


def _scope(config: str, options: dict[str, Any]) -> list[Scope]:
    test = table(options, "test")
    named = next(iter(texts(test.get("root")) or texts(options.get("root"))), ".")
    folder = resolve(folder_of(config), named)
    if folder is None:
        return []
    searched = resolve(folder, next(iter(texts(test.get("dir"))), "."))
    root = folder if searched is None else searched
    # The patterns are seen from the folder that is searched.
    prefix = f"{root[len(folder) :].lstrip('/')}/" if root != folder and is_under(folder, root) else ""
    include, exclude = _globs(test.get("include"), prefix), _globs(test.get("exclude"), prefix)
    return [Scope("vitest", config, folder, (root,), include, exclude)]


def _globs(value: Any, prefix: str) -> tuple[str, ...]:
    return tuple(prefix + glob.removeprefix("./") for glob in texts(value))

"""The claims of a Vitest configuration."""

from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, projects, resolve, table, texts


def vitest_scopes(config: str, options: Any) -> list[Scope]:
    """Return one claim for the configuration and one for each project that is written out in it."""
    given = options if isinstance(options, dict) else {}
    return [scope for each in (given, *projects(table(given, "test"))) for scope in _scope(config, each)]


def _scope(config: str, options: dict[str, Any]) -> list[Scope]:
    test = table(options, "test")
    root = next(iter(texts(test.get("root")) or texts(options.get("root"))), ".")
    folder = resolve(folder_of(config), root)
    if folder is None:
        return []
    searched = resolve(folder, next(iter(texts(test.get("dir"))), "."))
    roots = (folder if searched is None else searched,)
    return [Scope("vitest", config, folder, roots, texts(test.get("include")), texts(test.get("exclude")))]

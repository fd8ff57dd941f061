"""The claims of a Cypress configuration."""

from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, table, texts, whole_folder


def cypress_scopes(config: str, options: Any) -> list[Scope]:
    """Claim the folder that is Cypress's own, and the files that are named as its tests."""
    here = folder_of(config)
    kinds = [table(options, "e2e"), table(options, "component")]
    named = tuple(glob.removeprefix("./") for kind in kinds for glob in texts(kind.get("specPattern")))
    excluded = tuple(glob for kind in kinds for glob in texts(kind.get("excludeSpecPattern")))
    own = whole_folder("cypress", config, f"{here}/cypress".lstrip("/"))
    return [*own, *([Scope("cypress", config, here, (here,), named, excluded)] if named else [])]

"""The claims of a Playwright configuration."""

from typing import Any

from fleet.analysis.detect.scope import Scope
from fleet.analysis.parse.configs.claims import folder_of, projects, resolve, texts


def playwright_scopes(config: str, options: Any) -> list[Scope]:
    """Claim the folders of tests that are named; without one a file has to import Playwright."""
    given = options if isinstance(options, dict) else {}
    here = folder_of(config)
    named = [resolve(here, folder) for each in (given, *projects(given)) for folder in texts(each.get("testDir"))]
    folders = sorted({folder for folder in named if folder is not None and folder != here})
    return [Scope("playwright", config, folder, (folder,)) for folder in folders]

"""The files with which a project tells a framework where its tests are."""

import re

# A project may have one for each kind of its tests: vitest.e2e.config.ts, jest.config.unit.js, playwright-ct.config.ts.
_KIND = r"(?:[.-][\w-]+)*"
_SCRIPT = r"\.(?:[cm]?[jt]s)"


def _config(tool: str, *others: str) -> re.Pattern[str]:
    return re.compile("|".join([rf"{tool}{_KIND}\.config{_KIND}{_SCRIPT}", *others]))


JEST = _config("jest", rf"jest{_KIND}\.config{_KIND}\.json", r"jest-[\w-]+\.json")
VITEST = _config("vitest")
VITEST_WORKSPACE = re.compile(rf"vitest\.(?:workspace|projects)(?:{_SCRIPT}|\.json)")
VITE = _config("vite")
PLAYWRIGHT = _config("playwright")
CYPRESS = _config("cypress")
MOCHA = re.compile(r"mocha\.opts|\.mocharc(?:\.(?:js|cjs|mjs|json|jsonc|yml|yaml))?")
PACKAGE = re.compile(r"package\.json")
PYTEST = re.compile(r"\.?pytest\.(?:ini|toml)|conftest\.py")
PYPROJECT = re.compile(r"pyproject\.toml")
INI = re.compile(r"setup\.cfg|tox\.ini")

_ALL = (JEST, VITEST, VITEST_WORKSPACE, VITE, PLAYWRIGHT, CYPRESS, MOCHA, PACKAGE, PYTEST, PYPROJECT, INI)


def is_config_name(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in _ALL)

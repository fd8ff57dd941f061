"""The files with which a project tells a framework where its tests are."""

_SCRIPTS = ("js", "ts", "mjs", "cjs", "mts", "cts")

JEST = frozenset({f"jest.config.{extension}" for extension in (*_SCRIPTS, "json")})
VITEST = frozenset({f"vitest.config.{extension}" for extension in _SCRIPTS})
VITE = frozenset({f"vite.config.{extension}" for extension in _SCRIPTS})
PLAYWRIGHT = frozenset({f"playwright.config.{extension}" for extension in _SCRIPTS})
CYPRESS = frozenset({f"cypress.config.{extension}" for extension in _SCRIPTS})
MOCHA = frozenset(
    {".mocharc", "mocha.opts", *(f".mocharc.{ext}" for ext in ("js", "cjs", "mjs", "json", "jsonc", "yml", "yaml"))}
)
PACKAGE = frozenset({"package.json"})
PYTEST = frozenset({"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py"})
PYPROJECT = frozenset({"pyproject.toml"})
INI = frozenset({"setup.cfg", "tox.ini"})

_NAMES = JEST | VITEST | VITE | PLAYWRIGHT | CYPRESS | MOCHA | PACKAGE | PYTEST | PYPROJECT | INI


def is_config_name(name: str) -> bool:
    return name in _NAMES

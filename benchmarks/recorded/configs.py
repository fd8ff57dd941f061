"""How the record reads configurations: fewer files, and by expressions over their text."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from fleet.analysis.detect.scope import Scope, Scopes

_READ: Final = re.compile(
    r"(?:.*/)?(?:jest\.config\.(?:js|ts|mjs|cjs|json)|vitest\.config\.(?:js|ts|mjs)|playwright\.config\.(?:js|ts)"
    r"|cypress\.config\.(?:cjs|js|mjs|mts|ts)|\.mocharc(?:\.\w+)?|mocha\.opts|conftest\.py|pytest\.ini)"
)
# Ends at the first closing brace, which may be one of a glob; what is left of the block is read as the tests' own.
_COVERAGE: Final = re.compile(r"\bcoverage\s*:\s*\{[^}]*\}")
_EXCLUDE: Final = re.compile(r"\bexclude\s*:\s*\[([^\]]*)\]")
_TEST_MATCH: Final = re.compile(r"\btestMatch\s*:\s*\[([^\]]*)\]")
_STRING: Final = re.compile(r"""["'`]([^"'`\n]+)["'`]""")


def as_recorded(scopes: Scopes, contents: Mapping[str, bytes]) -> Scopes:
    """Return the claims that the record's method finds in the same configurations."""
    read = (scope for scope in scopes.scopes if _READ.fullmatch(scope.config))
    sources = ((scope, contents[scope.config].decode("utf-8", "replace")) for scope in read)
    return Scopes(tuple(each for scope, source in sources for each in _claims(scope, source)))


def _claims(scope: Scope, source: str) -> Iterator[Scope]:
    plain = msgspec.structs.replace(scope, also=(), matching=(), ignoring=())
    match scope.framework:
        case "jest":
            # Ignored are expressions that are taken for globs, and so match nothing; so do globs with <rootDir>.
            matched = _TEST_MATCH.search(source)
            include = tuple(_STRING.findall(matched[1])) if matched is not None and scope.include else scope.include
            yield msgspec.structs.replace(plain, include=include)
        case "vitest":
            excluded = _EXCLUDE.search(_COVERAGE.sub("", source))
            exclude = tuple(_STRING.findall(excluded[1])) if excluded is not None else ()
            yield msgspec.structs.replace(plain, exclude=exclude)
        case "playwright":
            yield msgspec.structs.replace(plain, include=(), exclude=())
        case "cypress":
            folder = scope.config.rpartition("/")[0]
            yield Scope("cypress", scope.config, folder, (folder,))
        case _:
            yield plain

"""Which files the record's method looks at, by their paths; ours looks at more."""

import re
from typing import Final

# A folder at the beginning of the path counts as one inside only where both are written out.
_CANDIDATES: Final = {
    "cc cpp cxx": r"(?:_test|_unittest|Test)\.\w+$|(?:^|/)tests?/",
    "cs": r"(?:Tests?|Specs?)\.cs$|(?:^|/)Test[^/]*$|(?:^|/)(?:tests?|Tests)/|\.(?:Tests?|Specs?)/",
    "go": r"_test\.go$",
    "java": r"^(?!(?:.*/)?src/main/).*(?:Tests?\.java$|(?:^|/)Test[^/]*$|/tests?/)",
    "js jsx ts tsx mjs cjs": (
        r"^(?:.*/)?(?i:[^/]*\.(?:test|spec|cy)\.[^/]*)$|\.(?:setup|teardown)\.[jt]sx?$"
        r"|^(?!.*__(?:fixtures|mocks)__/)(?:.*/)?__tests__/|(?:^|/)cypress/(?:e2e|component)/"
    ),
    "kt kts": r"(?:Tests?|Spec)\.kts?$|(?:^|/)Test[^/]*$|/tests?/",
    "php": r"Tests?\.php$|(?:^|/)Test[^/]*$|(?:^|/)tests?/",
    "py": r"^(?!(?:.*/)?conftest\.py$).*(?:_test\.py$|(?:^|/)test_[^/]*$|(?:^|/)tests/)",
    "rb": (
        r"^(?!(?:.*/)?(?:spec|rails)_helper\.rb$|(?:.*/)?spec/support/)"
        r".*(?:_(?:spec|test)\.rb$|(?:^|/)(?:spec|test)/)"
    ),
    "rs": r"_test\.rs$|(?:^|/)(?:tests|src|crates)/",
    "swift": r"Tests?\.swift$|Tests/",
}
_BY_EXTENSION: Final = {
    extension: re.compile(pattern) for extensions, pattern in _CANDIDATES.items() for extension in extensions.split()
}
_FOREIGN: Final = re.compile(r"^coverage/|(?:^|/)(?:node_modules|\.git|vendor|dist|\.next|__pycache__|\.cache)/")


def is_looked_at(path: str) -> bool:
    pattern = _BY_EXTENSION.get(path.rpartition(".")[2])
    return pattern is not None and pattern.search(path) is not None and _FOREIGN.search(path) is None

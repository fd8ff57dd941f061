"""pytest."""

from functools import partial
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.framework import Facts
from fleet.analysis.detect.glob import glob_matches
from fleet.analysis.detect.scope import Names
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.python.walk import Conventions, Marks, outline

_MARKS = Marks(skipped=("mark.skip", "mark.skipif", "unittest.skip*"), xfail=("mark.xfail", "unittest.expectedFailure"))
_CLASSES: Final = ("Test",)
_FUNCTIONS: Final = ("test",)


def _is_test_class(name: str, *, is_test_case: bool, has_init: bool, names: Names) -> bool:
    return is_test_case or (_is_one_of(_CLASSES if names.classes is None else names.classes, name) and not has_init)


def _is_test_function(name: str, *, in_test_case: bool, names: Names) -> bool:
    # The tests of a TestCase are unittest's, whatever is configured.
    return _is_one_of(_FUNCTIONS if in_test_case or names.functions is None else names.functions, name)


def _is_one_of(patterns: tuple[str, ...], name: str) -> bool:
    return any(name.startswith(pattern) or glob_matches(pattern, name) for pattern in patterns)


def _read(root: Node, names: Names) -> Outline:
    conventions = Conventions(
        marks=_MARKS,
        is_test_class=partial(_is_test_class, names=names),
        functions=True,
        is_test_function=partial(_is_test_function, names=names),
    )
    return outline(root, conventions)


PYTEST = Framework(
    Facts(
        name="pytest",
        languages=frozenset({"python"}),
        imports=("pytest", "pytest.*"),
        markers=("pytest.mark", "pytest.fixture", "pytest.raises", "pytest.warns", "pytest.param"),
    ),
    lambda root: _read(root, Names()),
    _read,
)

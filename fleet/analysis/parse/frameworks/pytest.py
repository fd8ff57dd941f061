"""pytest."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.python.walk import Conventions, Marks, outline

_MARKS = Marks(skipped=("mark.skip", "mark.skipif", "unittest.skip*"), xfail=("mark.xfail", "unittest.expectedFailure"))


def _is_test_class(name: str, *, is_test_case: bool, has_init: bool) -> bool:
    return is_test_case or (name.startswith("Test") and not has_init)


PYTEST = Framework(
    Facts(
        name="pytest",
        languages=frozenset({"python"}),
        imports=("pytest", "pytest.*"),
        markers=("pytest.mark", "pytest.fixture", "pytest.raises", "pytest.warns", "pytest.param"),
    ),
    lambda root: outline(root, Conventions(marks=_MARKS, is_test_class=_is_test_class, functions=True)),
)

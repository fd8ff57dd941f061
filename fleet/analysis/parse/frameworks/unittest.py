"""Python's own unittest."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.python.walk import Conventions, Marks, outline

_MARKS = Marks(
    skipped=("skip", "skipIf", "skipUnless", "unittest.skip*"), xfail=("expectedFailure", "unittest.expectedFailure")
)


def _is_test_class(name: str, *, is_test_case: bool, has_init: bool) -> bool:
    del has_init
    # A base class that is imported may be a test case; the names are what people give those.
    return is_test_case or name.startswith("Test") or name.endswith("Test")


UNITTEST = Framework(
    Facts(
        name="unittest",
        languages=frozenset({"python"}),
        imports=("unittest", "unittest.*"),
        exceptions=("unittest.mock", "unittest.mock.*"),
        markers=("unittest.*", "self.assert*"),
        usual=("**/test*.py",),
    ),
    lambda root: outline(root, Conventions(marks=_MARKS, is_test_class=_is_test_class, functions=False)),
)

"""JUnit 5 and what came after it under the name of Jupiter."""

from collections.abc import Iterator
from typing import Final

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared, Mark
from fleet.analysis.parse.annotated.walk import Case, Conventions, outline
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.java import declarations as java
from fleet.analysis.parse.kotlin import declarations as kotlin

_FACTORIES: Final = frozenset({"TestFactory", "TestTemplate"})
# These come before and after tests, in kotlin.test.
_AROUND_TESTS: Final = frozenset({"BeforeTest", "AfterTest"})


def _is_test(mark: Mark) -> bool:
    # ParameterizedTest, RepeatedTest, and annotations of people's own that stand for one of those.
    return mark.name in _FACTORIES or (mark.name.endswith("Test") and mark.name not in _AROUND_TESTS)


def _status(declared: Declared) -> Status | None:
    return "skipped" if declared.marked("Disabled", "Ignore") else None


def _title(declared: Declared) -> str:
    shown = declared.mark("DisplayName")
    written = None if shown is None else shown.values.get("", shown.values.get("value"))
    return written if isinstance(written, str) else declared.name


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    del owner
    if any(_is_test(mark) for mark in method.marks):
        yield Case(_title(method), method.node, _status(method))


_CONVENTIONS: Final = Conventions(_cases, _status, _title, opens=lambda inner: inner.marked("Nested"))
_IMPORTS: Final = (
    *(f"org.junit.jupiter.api.{name}" for name in ("RepeatedTest", "Test", "TestFactory", "TestTemplate")),
    "org.junit.jupiter.params.ParameterizedTest",
    "org.junit.start.Test",  # a module's name, which brings the packages above
)
_MARKERS: Final = ("@org.junit.jupiter.*", "org.junit.jupiter.*")

JUNIT5_JAVA = Framework(
    Facts(name="junit5", languages=frozenset({"java"}), imports=_IMPORTS, markers=_MARKERS),
    lambda root: outline(root, java.declared_in, _CONVENTIONS),
)
# On the JVM kotlin.test gives the annotations of the platform's own framework other names, by default these.
JUNIT5_KOTLIN = Framework(
    Facts(name="junit5", languages=frozenset({"kotlin"}), imports=(*_IMPORTS, "kotlin.test.Test"), markers=_MARKERS),
    lambda root: outline(root, kotlin.declared_in, _CONVENTIONS),
)

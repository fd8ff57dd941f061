"""TestNG."""

from collections.abc import Iterator
from typing import Final

from fleet.analysis.detect.framework import Facts
from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared
from fleet.analysis.parse.annotated.walk import Case, Conventions, outline
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.java import declarations as java
from fleet.analysis.parse.kotlin import declarations as kotlin

# A method with one of these is never a test because its class is one.
_CONFIGURATION: Final = (
    *(f"{when}{what}" for when in ("Before", "After") for what in ("Class", "Groups", "Method", "Suite", "Test")),
    "DataProvider",
    "Factory",
)


def _status(declared: Declared) -> Status | None:
    test = declared.mark("Test")
    is_off = test is not None and test.values.get("enabled") is False
    return "skipped" if is_off or declared.marked("Ignore") else None


def _cases(method: Declared, owner: Declared | None) -> Iterator[Case]:
    test = method.mark("Test")
    if test is not None:
        described = test.values.get("description")
        yield Case(described if isinstance(described, str) and described else method.name, method.node, _status(method))
    elif owner is not None and owner.marked("Test") and _is_test_by_its_class(method):
        yield Case(method.name, method.node, _status(method))


def _is_test_by_its_class(method: Declared) -> bool:
    is_program = method.name == "main"
    return method.is_public and not method.returns and not is_program and not prepares(method)


def prepares(method: Declared) -> bool:
    """Tell whether *method* comes before or after tests, or gives them what they need."""
    return method.marked(*_CONFIGURATION)


_CONVENTIONS: Final = Conventions(_cases, _status)


def _facts(language: str) -> Facts:
    return Facts(
        name="testng",
        languages=frozenset({language}),
        imports=("org.testng.annotations.Test",),
        markers=("org.testng.*",),
    )


TESTNG_JAVA = Framework(_facts("java"), lambda root: outline(root, java.declared_in, _CONVENTIONS))
TESTNG_KOTLIN = Framework(_facts("kotlin"), lambda root: outline(root, kotlin.declared_in, _CONVENTIONS))

"""How the record reads Java, Kotlin and C#."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from benchmarks.recorded.seen import Seen, around, is_inside, sift
from fleet.analysis.inventory import TestFile
from fleet.analysis.parse.annotated.declared import Declared
from fleet.analysis.parse.csharp.declarations import attributes_of, name_of
from fleet.analysis.parse.frameworks.testng import prepares
from fleet.analysis.parse.java.declarations import declared_in
from fleet.analysis.parse.syntax import parse

# Attributes and imports count in strings and comments, too.
_MSTEST: Final = re.compile(
    r"^using\s+Microsoft\.VisualStudio\.TestTools\.UnitTesting\s*;|\[(?:TestMethod|TestClass|DataTestMethod"
    r"|TestInitialize|TestCleanup|ClassInitialize|ClassCleanup|AssemblyInitialize|AssemblyCleanup)[\](]"
    r"|\[(?:DataRow|DynamicData)\(",
    re.MULTILINE,
)
_TESTNG: Final = re.compile(r"\bimport\s+org\.testng\b")
_KOTLIN_TEST: Final = re.compile(r"@Test\b")
_TYPES: Final = frozenset({"class_declaration", "object_declaration"})


def see_csharp(file: TestFile | None, content: bytes) -> Seen | None:
    if file is None:
        return _empty("mstest") if _MSTEST.search(content.decode("utf-8", "replace")) else None
    return sift(file, content, _csharp_reason)


def see_java(file: TestFile | None, content: bytes) -> Seen | None:
    if file is None:
        return _empty("testng") if _TESTNG.search(content.decode("utf-8", "replace")) else None
    seen = sift(file, content, _java_reason)
    if file.framework == "testng":
        returning = sum(1 for _ in _returning(parse(file.language, content)))
        seen = seen._replace(tests=seen.tests + returning)
        seen.invented["a method of a class with @Test that returns a value"] = returning
    return seen


def see_kotlin(file: TestFile | None, content: bytes) -> Seen | None:
    """Kotlin has two frameworks there, and ``@Test`` is JUnit 5's unless JUnit 4's is imported."""
    if file is None or file.framework == "junit4":
        return None
    if file.framework == "testng" and not _KOTLIN_TEST.search(content.decode("utf-8", "replace")):
        return None
    if file.framework == "kotest":
        return sift(file, content, lambda _: "")
    return sift(file, content, _kotlin_reason, "junit5")


def _empty(framework: str) -> Seen:
    return Seen(framework, 0, Counter(), Counter({"a file that only shows a framework in its text": 1}))


def _csharp_reason(node: Node) -> str:
    if is_inside(node, ("preproc_if_in_attribute_list",)):
        return "a row under #if among the attributes"
    names = {name_of(attribute) for attribute in attributes_of(node)}
    derived = {name for name in names if name.endswith("TestMethod") and name not in ("TestMethod", "DataTestMethod")}
    plain = names & {"TestMethod", "DataTestMethod"}
    return "an attribute derived from TestMethod" if derived and not plain else ""


def _java_reason(node: Node) -> str:
    return "a test in an interface" if is_inside(node, ("interface_declaration",)) else ""


def _kotlin_reason(node: Node) -> str:
    return "a class of Kotlin in another" if sum(outer.type in _TYPES for outer in around(node)) > 1 else ""


def _returning(root: Node) -> Iterator[str]:
    """Yield the methods that would be tests by their class if they returned nothing."""
    pending = [(root, False)]
    while pending:
        block, is_test = pending.pop()
        for declared in declared_in(block):
            if declared.body is not None:
                pending.append((declared.body, declared.marked("Test")))
            elif is_test and declared.is_public and declared.returns and not _is_marked(declared):
                yield declared.name


def _is_marked(method: Declared) -> bool:
    return method.marked("Test") or prepares(method)

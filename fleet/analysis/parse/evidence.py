"""The evidence that the files of each language can give."""

from collections.abc import Callable
from typing import Final

from tree_sitter import Node

from fleet.analysis.detect.detection import Evidence
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.cpp.evidence import CppEvidence
from fleet.analysis.parse.csharp.evidence import CSharpEvidence
from fleet.analysis.parse.ecmascript.evidence import EcmaScriptEvidence
from fleet.analysis.parse.java.evidence import JavaEvidence
from fleet.analysis.parse.kotlin.evidence import KotlinEvidence
from fleet.analysis.parse.php.evidence import PhpEvidence
from fleet.analysis.parse.python.evidence import PythonEvidence
from fleet.analysis.parse.ruby.evidence import RubyEvidence
from fleet.analysis.parse.rust.evidence import RustEvidence
from fleet.analysis.parse.swift.evidence import SwiftEvidence


class _NoEvidence:
    """For languages whose tests are known by their paths alone."""

    def imports(self) -> list[str]:
        return []

    def type_imports(self) -> list[str]:
        return []

    def names(self) -> list[str]:
        return []


_EVIDENCE: Final[dict[str, Callable[[Node], Evidence]]] = {
    **dict.fromkeys(ECMASCRIPT, EcmaScriptEvidence),
    "cpp": CppEvidence,
    "csharp": CSharpEvidence,
    "java": JavaEvidence,
    "kotlin": KotlinEvidence,
    "php": PhpEvidence,
    "python": PythonEvidence,
    "ruby": RubyEvidence,
    "rust": RustEvidence,
    "swift": SwiftEvidence,
}


def evidence_of(language: str, root: Node) -> Evidence:
    give = _EVIDENCE.get(language)
    return _NoEvidence() if give is None else give(root)

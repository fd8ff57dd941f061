"""Reads one candidate: which framework it belongs to, and what is in it."""

from tree_sitter import Node

from fleet.analysis.detect.candidates import is_named_test, language_of
from fleet.analysis.detect.detection import detect
from fleet.analysis.detect.scope import Scopes
from fleet.analysis.inventory import NotATest, ParsedFile, TestFile
from fleet.analysis.parse.evidence import evidence_of
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.registry import FRAMEWORKS
from fleet.analysis.parse.syntax import parse


def read_source(path: str, content: bytes, scopes: Scopes) -> ParsedFile:
    """Return what the file at *path* holds; pure, and as slow as its content is hostile."""
    language = language_of(path)
    if language is None:
        return NotATest(path)
    root = parse(language, content)
    named = is_named_test(path)
    spoken = [each for each in FRAMEWORKS if language in each.facts.languages]
    facts = [each.facts for each in spoken]
    found = detect(path, language, evidence_of(language, root), scopes, facts, named=named)
    framework = None if found is None else next(each for each in spoken if each.facts.name == found.framework)
    if found is None or framework is None:
        return NotATest(path)
    outline = _outline(framework, root, path, scopes)
    if outline.is_empty and (found.guessed or not named):
        return NotATest(path)
    return TestFile(path, language, framework.facts.name, outline.suites(), outline.tests())


def _outline(framework: Framework, root: Node, path: str, scopes: Scopes) -> Outline:
    if framework.read_by is None:
        return framework.read(root)
    names = scopes.names_of(path, framework.facts.name)
    # A file of another name belongs to the framework all the same, but is not looked into.
    return framework.read_by(root, names) if names.has_file(path) else Outline()

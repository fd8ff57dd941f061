"""Reads one candidate: which framework it belongs to, and what is in it."""

from fleet.analysis.detect.candidates import is_named_test, language_of
from fleet.analysis.detect.detection import detect
from fleet.analysis.detect.scope import Scopes
from fleet.analysis.inventory import NotATest, ParsedFile, TestFile
from fleet.analysis.parse.evidence import evidence_of
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
    if found is None or framework is None or framework.read is None:
        return NotATest(path)
    outline = framework.read(root)
    if outline.is_empty and (found.guessed or not named):
        return NotATest(path)
    return TestFile(path, language, framework.facts.name, outline.suites(), outline.tests())

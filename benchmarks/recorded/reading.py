"""Reads files once more, by the rules of the record instead of ours.

Each rule is one of a language's constructs, never a file or a repository: so it says as much about a repository that
nobody has compared yet.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.recorded import annotated, ecmascript, others, python
from benchmarks.recorded.paths import is_looked_at
from benchmarks.recorded.seen import Seen
from fleet.analysis.detect.candidates import language_of
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.detect.scope import Scopes
from fleet.analysis.inventory import ParsedFile, TestFile, Unparsed


def read_again(parsed: Iterable[ParsedFile], contents: Mapping[str, bytes], scopes: Scopes) -> dict[str, Any]:
    """Return files, tests and frameworks as the record has them; *parsed* and *scopes* are by its configurations."""
    found: list[Seen] = []
    for each in parsed:
        if is_looked_at(each.path) and not isinstance(each, Unparsed):
            seen = _see(each.path, each if isinstance(each, TestFile) else None, contents[each.path], scopes)
            found += [] if seen is None else [seen]
    return {
        "files": len(found),
        "tests": sum(seen.tests for seen in found),
        "frameworks": dict(sorted(Counter(seen.framework for seen in found).items())),
        "passed_over": _sum(seen.passed_over for seen in found),
        "invented": _sum(seen.invented for seen in found),
    }


def _sum(counters: Iterable[Counter[str]]) -> dict[str, int]:
    return dict(+sum(counters, Counter()))


def _see(path: str, file: TestFile | None, content: bytes, scopes: Scopes) -> Seen | None:
    language = language_of(path)
    if language in ECMASCRIPT:
        return ecmascript.see(path, content, scopes)
    match language:
        case "csharp":
            return annotated.see_csharp(file, content)
        case "java":
            return annotated.see_java(file, content)
        case "kotlin":
            return annotated.see_kotlin(file, content)
        case "python":
            return python.see(file, content)
        case _:
            return None if file is None else others.see(file, content)

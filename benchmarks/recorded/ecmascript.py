"""How the record reads JavaScript and TypeScript: line by line for the framework, then by the calls it knows."""

import re
from typing import Final

from tree_sitter import Node

from benchmarks.recorded.seen import Seen, read_as, sift
from fleet.analysis.detect.candidates import language_of
from fleet.analysis.detect.scope import Scopes
from fleet.analysis.parse.syntax import text

_WORDS: Final = ("describe", "context", "suite", "it", "test", "specify", "bench")
_KNOWN: Final = frozenset(prefix + word for prefix in ("", "x", "f") for word in _WORDS)
_MODIFIERS: Final = frozenset({"only", "skip", "todo", "concurrent", "each", "for"})
_TABLES: Final = frozenset({"each", "for"})
_ITERATORS: Final = frozenset({"forEach", "map"})
_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression"})
# What holds statements that are looked at.
_HOLDERS: Final = frozenset(
    {
        "catch_clause",
        "do_statement",
        "else_clause",
        "export_statement",
        "finally_clause",
        "for_in_statement",
        "for_statement",
        "function_declaration",
        "if_statement",
        "lexical_declaration",
        "statement_block",
        "try_statement",
        "variable_declaration",
        "variable_declarator",
        "while_statement",
    }
)

_IMPORT: Final = re.compile(
    r"""^\s*import\s(?:.*\sfrom\s+)?["']([^"']+)["']|\brequire\(\s*["']([^"']+)["']\s*\)""", re.MULTILINE
)
_IMPORTS: Final = (
    ("vitest", re.compile(r"vitest(?:/.*)?")),
    ("cypress", re.compile(r"cypress(?:/.*)?")),
    ("playwright", re.compile(r"@playwright/test")),
    ("jest", re.compile(r"jest|@jest/.*")),
    ("mocha", re.compile(r"mocha(?:/.*)?")),
)
_CONTENTS: Final = (
    ("vitest", re.compile(r"\bvi\.\w+|\bbench\(")),
    ("cypress", re.compile(r"\bcy\.\w+\(|\bCypress\.")),
    ("jest", re.compile(r"\bjest\.\w+")),
    ("mocha", re.compile(r"\bthis\.(?:timeout|slow|retries|skip)\(|\b(?:suite|setup|teardown)\(")),
)
_FRAMEWORKS: Final = frozenset(name for name, _ in _IMPORTS)


def see(path: str, content: bytes, scopes: Scopes) -> Seen | None:
    framework = _framework(path, content.decode("utf-8", "replace"), scopes)
    if framework is None:
        return None
    file = read_as(framework, path, language_of(path) or "", content)
    return sift(file, content, _fixture_reason if framework == "playwright" else _reason)


def _framework(path: str, source: str, scopes: Scopes) -> str | None:
    modules = {one or other for one, other in _IMPORT.findall(source)}
    imported = (name for name, pattern in _IMPORTS if any(pattern.fullmatch(module) for module in modules))
    by_content = (name for name, pattern in _CONTENTS if pattern.search(source))
    by_name = "cypress" if re.search(r"\.cy\.[jt]sx?$", path) else None
    return next(imported, None) or by_name or scopes.framework_of(path, _FRAMEWORKS) or next(by_content, None)


def _reason(node: Node) -> str:
    call = _call(node)
    if not _is_known(call.child_by_field_name("function")):
        return "a word of the file's own, or a modifier that it does not know"
    return _place_reason(call)


def _fixture_reason(node: Node) -> str:
    """Playwright's files are read by a walk of their own, which enters nothing but its own suites."""
    call = _call(node)
    outer: Node | None = call
    while outer is not None:
        function = outer.child_by_field_name("function") if outer.type == "call_expression" else None
        if function is not None and function.type == "member_expression":
            last = text(function.child_by_field_name("property"))
            if outer is call and last == "fail":
                return "test.fail(…)"
            if last in _ITERATORS:
                return "a test of Playwright in the function of another call"
        outer = outer.parent
    return ""


def _call(node: Node) -> Node:
    while node.type != "call_expression" and node.parent is not None:
        node = node.parent
    return node


def _is_known(function: Node | None) -> bool:
    """Tell whether a call of *function* is one of the known words, with known modifiers."""
    while function is not None:
        match function.type:
            case "identifier":
                return text(function) in _KNOWN
            case "member_expression" if text(function.child_by_field_name("property")) in _MODIFIERS:
                function = function.child_by_field_name("object")
            case "call_expression":
                function = function.child_by_field_name("function")
                if text(function and function.child_by_field_name("property")) not in _TABLES:
                    return False
            case "parenthesized_expression":
                function = next(iter(function.named_children), None)
            case "ternary_expression":
                branches = (function.child_by_field_name(name) for name in ("consequence", "alternative"))
                return any(_is_known(branch) for branch in branches)
            case _:
                return False
    return False


def _place_reason(call: Node) -> str:
    """Say what keeps the walk from *call*: it goes from statement to statement, and into functions it knows."""
    place = call.parent
    while place is not None and place.type in ("member_expression", "call_expression"):
        place = place.parent  # const slow = it("…").timeout(5)
    is_statement = place is not None and place.type == "expression_statement" and place == call.parent
    if place is None or not (is_statement or place.type == "variable_declarator"):
        return "a call in another place than a statement"
    place = place.parent
    while place is not None and place.type != "program":
        if place.type in _FUNCTIONS and place.parent is not None and place.parent.type == "arguments":
            outer = place.parent.parent
            if outer is None or not _is_entered(outer.child_by_field_name("function")):
                return "in the function of a call that it does not know"
            return _place_reason(outer)
        if place.type not in _HOLDERS and place.type not in _FUNCTIONS:
            return "a call in another place than a statement"
        place = place.parent
    return ""


def _is_entered(function: Node | None) -> bool:
    """Tell whether the last function given to a call of *function* is looked into."""
    if function is None:
        return False
    is_loop = function.type == "member_expression" and text(function.child_by_field_name("property")) in _ITERATORS
    return function.type == "identifier" or is_loop or _is_known(function)

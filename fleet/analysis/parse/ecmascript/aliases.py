"""The words that a JavaScript test file makes for itself out of those of its framework."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.detect.framework import covers
from fleet.analysis.parse.ecmascript.calls import arguments, is_function
from fleet.analysis.parse.ecmascript.dialect import Dialect, Word
from fleet.analysis.parse.ecmascript.meaning import Vocabulary, meaning
from fleet.analysis.parse.ecmascript.strings import string
from fleet.analysis.parse.syntax import child_of_type, text

_DECLARATIONS = ("lexical_declaration", "variable_declaration")
_TEST = Word("test")
_NAMESPACE = Word("namespace")


def words_of(root: Node, dialect: Dialect) -> Vocabulary:
    """Return the words of *dialect*, and what the file defines at its top level by them.

    ``import { it as spec }``, ``const check = test.extend(…)``, ``const itIf = (sure) => (sure ? it : it.skip)``
    """
    words = dict(dialect.words)
    known = Vocabulary(dialect, words)
    for statement in root.named_children:
        inner = statement
        if statement.type == "export_statement":
            inner = child_of_type(statement, "lexical_declaration", "function_declaration") or statement
        for name, word in (*_imported(inner, known), *_defined(inner, known)):
            # No definition changes the dialect's own words: const test = base.extend(…)
            words.setdefault(name, word)
    return known


def _imported(statement: Node, known: Vocabulary) -> Iterator[tuple[str, Word]]:
    clause = child_of_type(statement, "import_clause") if statement.type == "import_statement" else None
    if clause is None:
        return
    source = statement.child_by_field_name("source")
    is_framework = covers(known.dialect.modules, "" if source is None else string(source) or "")
    for part in clause.named_children:
        match part.type:
            case "identifier" if is_framework:
                yield text(part), _TEST
            case "namespace_import" if is_framework:
                yield text(child_of_type(part, "identifier")), _NAMESPACE
            case "identifier":
                yield from _borrowed(text(part), known)
            case "named_imports":
                for specifier in part.named_children:
                    name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
                    yield from _taken(text(name), text(alias or name), known)


def _taken(name: str, alias: str, known: Vocabulary) -> Iterator[tuple[str, Word]]:
    word = known.words.get(name)
    if word is not None:
        yield alias, word
    else:
        yield from _borrowed(alias, known)


def _borrowed(name: str, known: Vocabulary) -> Iterator[tuple[str, Word]]:
    if known.dialect.borrows and name.endswith("Test"):
        yield name, _TEST


def _defined(statement: Node, known: Vocabulary) -> Iterator[tuple[str, Word]]:
    if statement.type == "function_declaration":
        word = _word(statement, known)
        if word is not None:
            yield text(statement.child_by_field_name("name")), word
    for declarator in statement.named_children if statement.type in _DECLARATIONS else []:
        name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
        if name is None or value is None:
            continue
        if name.type == "object_pattern":
            yield from _unpacked(name, known)
        elif covers(known.dialect.modules, _required(value)):
            yield text(name), _TEST
        elif (word := _word(value, known)) is not None:
            yield text(name), word


def _unpacked(pattern: Node, known: Vocabulary) -> Iterator[tuple[str, Word]]:
    """Read ``const { it: spec, adminTest } = …``."""
    for part in pattern.named_children:
        if part.type == "pair_pattern":
            name, alias = part.child_by_field_name("key"), part.child_by_field_name("value")
            yield from _taken(text(name), text(alias), known)
        elif part.type == "shorthand_property_identifier_pattern":
            yield from _borrowed(text(part), known)


def _required(value: Node) -> str:
    if value.type != "call_expression" or text(value.child_by_field_name("function")) != "require":
        return ""
    given = arguments(value)
    return (string(given[0]) or "") if given else ""


def _word(value: Node, known: Vocabulary) -> Word | None:
    if value.type == "call_expression" and text(value.child_by_field_name("function")) in known.dialect.joins:
        return _TEST
    if not is_function(value):
        return meaning(value, known)
    body = value.child_by_field_name("body")
    returned = child_of_type(body, "return_statement") if body is not None and body.type == "statement_block" else body
    word = meaning(returned, known)
    return None if word is None else word._replace(calls=1)

"""The words that a JavaScript test file makes for itself out of those of its framework."""

from collections.abc import Iterator

from tree_sitter import Node

from fleet.analysis.parse.ecmascript.calls import is_function
from fleet.analysis.parse.ecmascript.words import WORDS, Word, Words, meaning
from fleet.analysis.parse.syntax import child_of_type, text


def words_of(root: Node) -> Words:
    """Return the frameworks' words, and what the file defines at its top level by them.

    ``import { it as spec }``, ``const check = test.extend(…)``, ``const itIf = (sure) => (sure ? it : it.skip)``
    """
    words = dict(WORDS)
    for statement in root.named_children:
        exported = child_of_type(statement, "lexical_declaration", "function_declaration")
        for name, value in _definitions(exported or statement if statement.type == "export_statement" else statement):
            word = _word(value, words)
            if word is not None and name not in WORDS:
                words[name] = word
    return words


def _definitions(statement: Node) -> Iterator[tuple[str, Node]]:
    match statement.type:
        case "function_declaration":
            yield text(statement.child_by_field_name("name")), statement
        case "lexical_declaration" | "variable_declaration":
            for declarator in statement.named_children:
                value = declarator.child_by_field_name("value")
                if value is not None:
                    yield text(declarator.child_by_field_name("name")), value
        case "import_statement":
            yield from _renamed(statement)


def _renamed(statement: Node) -> Iterator[tuple[str, Node]]:
    clause = child_of_type(statement, "import_clause")
    imported = None if clause is None else child_of_type(clause, "named_imports")
    for specifier in [] if imported is None else imported.named_children:
        alias, name = specifier.child_by_field_name("alias"), specifier.child_by_field_name("name")
        if alias is not None and name is not None:
            yield text(alias), name


def _word(value: Node, words: Words) -> Word | None:
    if not is_function(value):
        return meaning(value, words)
    body = value.child_by_field_name("body")
    returned = child_of_type(body, "return_statement") if body is not None and body.type == "statement_block" else body
    word = meaning(returned, words)
    return None if word is None else word._replace(calls=1)

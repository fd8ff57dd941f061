"""Outlines files whose tests are methods with a mark, in types that are their suites."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tree_sitter import Node

from fleet.analysis.inventory import Status
from fleet.analysis.parse.annotated.declared import Declared
from fleet.analysis.parse.names import MAX_NAME_CHARACTERS
from fleet.analysis.parse.outline import Outline
from fleet.analysis.parse.syntax import location

DeclaredIn = Callable[[Node], Iterable[Declared]]


class Case(NamedTuple):
    """A test, and where it stands; without a *status* it has that of its suite."""

    name: str
    node: Node
    status: Status | None = None


class Conventions(NamedTuple):
    """How a framework tells tests.

    *cases* are those of a method in a type, or outside of any; *status* is what a type says of all its tests. *opens*
    tells whether a type inside another has tests to be run; where those are run by themselves they stand *beside* it.
    """

    cases: Callable[[Declared, Declared | None], Iterable[Case]]
    status: Callable[[Declared], Status | None]
    title: Callable[[Declared], str] = lambda declared: declared.name
    opens: Callable[[Declared], bool] = lambda _: True
    beside: bool = False


class _Place(NamedTuple):
    """The inside of a type, and the suite it is; of a file neither."""

    block: Node
    into: Outline
    status: Status
    owner: Declared | None = None
    name: str = ""


def outline(root: Node, declared_in: DeclaredIn, conventions: Conventions) -> Outline:
    """Outline the file with the syntax tree *root*, in a language whose declarations *declared_in* finds."""
    found = Outline()
    pending = [_Place(root, found, "active")]
    while pending:
        place = pending.pop()
        inner = []
        for declared in declared_in(place.block):
            if declared.body is None:
                for case in conventions.cases(declared, place.owner):
                    place.into.add_test(case.name, case.status or place.status, location(case.node))
            elif place.owner is None or conventions.opens(declared):
                into = found if conventions.beside else place.into
                inner.append(_enter(place, declared, declared.body, into, conventions))
        pending.extend(reversed(inner))
    found.drop_empty_suites()
    return found


def _enter(place: _Place, declared: Declared, body: Node, into: Outline, conventions: Conventions) -> _Place:
    status = conventions.status(declared) or place.status
    name = conventions.title(declared)
    if conventions.beside and place.owner is not None:
        name = f"{place.name}.{name}"[:MAX_NAME_CHARACTERS]
    suite = into.add_suite(name, status, location(declared.node))
    return _Place(body, suite, status, declared, name)

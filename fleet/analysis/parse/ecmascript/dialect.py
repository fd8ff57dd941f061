"""The words with which a framework's files declare suites and tests, and what may be chained to them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from fleet.analysis.inventory import Status

# A namespace declares nothing itself: its members do.
Kind = Literal["suite", "test", "namespace"]


class Word(NamedTuple):
    """What a call declares; *has_table*: a test for each row of a table; *calls*: how often to call it before that."""

    kind: Kind
    status: Status = "active"
    has_table: bool = False
    calls: int = 0


Words = Mapping[str, Word]


class Dialect(NamedTuple):
    """How the files of one framework declare.

    *statuses* are modifiers that change the status; *tables* take a table first, *curried* something else first,
    *neutral* change nothing. *members* are the words that are looked up in others: ``test.describe``. *options* are the
    statuses that an object among the arguments may set, too. *modules* have the word for a test as their default
    export. *borrows*: an imported name that ends in ``Test`` is a word for a test. *joins* are functions that make one
    such word of several. *subtests*: a test may declare others by its first parameter. *named_functions*: a test
    without a name has that of its function.
    """

    words: Words
    statuses: Mapping[str, Status]
    tables: frozenset[str] = frozenset()
    curried: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()
    members: Words = MappingProxyType({})
    options: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    borrows: bool = False
    joins: frozenset[str] = frozenset()
    subtests: bool = False
    named_functions: bool = False

    def is_modifier(self, name: str) -> bool:
        return name in self.statuses or name in self.tables or name in self.curried or name in self.neutral


SUITES: Final[Words] = {name: Word("suite") for name in ("describe", "context", "suite")}
TESTS: Final[Words] = {name: Word("test") for name in ("it", "test", "specify", "bench")}
_PLAIN: Final[Words] = {**SUITES, **TESTS}

# Jest, Vitest, Mocha and Cypress: each takes most of the words of the others, and people mix them.
FAMILY: Final = Dialect(
    words={
        **_PLAIN,
        **{f"x{name}": word._replace(status="skipped") for name, word in _PLAIN.items()},
        **{f"f{name}": word._replace(status="focused") for name, word in _PLAIN.items()},
    },
    statuses={"skip": "skipped", "todo": "todo", "only": "focused", "failing": "xfail", "fails": "xfail"},
    tables=frozenset({"each", "for"}),
    curried=frozenset({"skipIf", "runIf", "extend"}),
    neutral=frozenset({"concurrent", "sequential", "shuffle"}),
    options=("skip", "todo", "only", "fails"),
)

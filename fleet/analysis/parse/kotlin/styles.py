"""The styles in which a Kotest specification declares its tests."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from fleet.analysis.inventory import Status
from fleet.analysis.parse.kotlin.blocks import Block

Kind = Literal["suite", "test"]


class Meaning(NamedTuple):
    kind: Kind
    status: Status


class Style(NamedTuple):
    """The words of a style: calls that open a suite or are a test, and words between a name and its block.

    *strings*: a string before a block is a test. *methods*: so is a method with an annotation.
    """

    suites: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    infixes: frozenset[str] = frozenset()
    strings: bool = False
    methods: bool = False

    def meaning(self, block: Block) -> Meaning | None:
        """Return what *block* declares in a specification of this style."""
        if block.title is None:
            return None
        if block.word is None:
            return Meaning("test", "active") if self.strings else None
        kinds: tuple[tuple[Kind, frozenset[str]], ...] = (
            (("suite", self.infixes),) if block.is_infix else (("suite", self.suites), ("test", self.tests))
        )
        found = ((kind, _status(block.word.strip("`"), words)) for kind, words in kinds)
        return next((Meaning(kind, status) for kind, status in found if status is not None), None)


_STYLES: Final[Mapping[str, Style]] = {
    "AnnotationSpec": Style(methods=True),
    "BehaviorSpec": Style(frozenset({"context", "given", "when", "and"}), frozenset({"then"})),
    "DescribeSpec": Style(frozenset({"describe", "context"}), frozenset({"it"})),
    "ExpectSpec": Style(frozenset({"context"}), frozenset({"expect"})),
    "FeatureSpec": Style(frozenset({"feature"}), frozenset({"scenario"})),
    "FreeSpec": Style(infixes=frozenset({"-"}), strings=True),
    "FunSpec": Style(frozenset({"context"}), frozenset({"test"})),
    "ShouldSpec": Style(frozenset({"context"}), frozenset({"should"})),
    "StringSpec": Style(strings=True),
    "WordSpec": Style(infixes=frozenset({"should", "when"}), strings=True),
}
NAMES: Final = tuple(_STYLES)

# A class may derive from a project's own, whose style is written in another file: no word means two things.
_ANY: Final = Style(
    suites=frozenset().union(*(style.suites for style in _STYLES.values())),
    tests=frozenset().union(*(style.tests for style in _STYLES.values())),
    infixes=frozenset().union(*(style.infixes for style in _STYLES.values())),
    strings=True,
)

# funSpec { … } makes tests that other specifications include.
_FACTORIES: Final[Mapping[str, Style]] = {f"{name[0].lower()}{name[1:]}": style for name, style in _STYLES.items()}

_PREFIXES: Final[Mapping[str, Status]] = {"x": "skipped", "f": "focused"}


def style_of_class(superclasses: Iterable[str]) -> Style | None:
    """Return the style of a class by those it derives from: Kotest's own, one named after it, or any other."""
    style: Style | None = None
    for superclass in superclasses:
        style = next((style for name, style in _STYLES.items() if superclass.endswith(name)), style or _ANY)
    return style


def style_of_receiver(receiver: str) -> Style | None:
    """Return the style whose words an extension of *receiver*, such as ``FunSpecRootScope``, can use."""
    return next((style for name, style in _STYLES.items() if receiver.startswith(name)), None)


def style_of_factory(block: Block) -> Style | None:
    return _FACTORIES.get(block.word or "") if block.title is None else None


def _status(word: str, words: frozenset[str]) -> Status | None:
    """Return the status that *word* gives if it is one of *words*, alone or after an x or f: ``xIt`` is skipped."""
    if _decapitalised(word) in words:
        return "active"
    return _PREFIXES.get(word[:1]) if _decapitalised(word[1:]) in words else None


def _decapitalised(word: str) -> str:
    return word[:1].lower() + word[1:]

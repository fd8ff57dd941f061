"""The name of a test → a sentence about what the project does."""

import re
from collections.abc import Sequence

from fleet.specgen.outline.grammar import punctuated, stated
from fleet.specgen.outline.prose import prose
from fleet.specgen.outline.text import LONGEST, one_line
from fleet.specgen.outline.words import capitalised, sentence_of, words_of
from fleet.specgen.wording import ENGLISH, Wording

_PREFIX = re.compile(r"\A(?:[Tt]est|TEST)(?:_(?=__[^\W_])|_+|(?=[A-Z\d])|$)")
_CLASS_PREFIX = re.compile(r"\ATests?(?:Case|Suite)?_*(?=[A-Z\d]|$)")
_CLASS_SUFFIX = re.compile(r"(?:_[Tt]|T)est(?:s|_?[Cc]ases?|Suites?)?$|(?<=[a-z\d])Specs?$")
_TITLE_SUFFIX = re.compile(r"(?<=\S)\s+(?:[Tt]ests?|[Ss]pecs?)\Z")
_IDENTIFIER = re.compile(r"\w+")
_SNAKE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+){2,}")
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# A member of what the suite around it names: ".get()", "#each".
MEMBER = re.compile(r"[.#][A-Za-z_]")
OWNER = re.compile(r"[A-Za-z_$][\w$.]*(?:\(\))?")
_PARAMETERS = re.compile(r"(\w+)(?:\[(.*)\]|(?<=[a-z\d])\((.*)\))", re.DOTALL)
# What Go's runner tells apart by name.
_GO_KINDS = re.compile(r"(Benchmark|Example|Fuzz)_?(?=[A-Z])")

# How minitest keeps the order of its blocks.
_NUMBERING = re.compile(r"\Atest_\d{4}_(?=\D)")

# What a parser puts for a name that is computed, and what it appends when one written test stands for several.
_COMPUTED = frozenset(("", "(dynamic)", "<dynamic>"))
_SEVERAL = " (dynamic cases)"

# Between a setting and the one inside it.
_INSIDE = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
# Leaves room for what happens.
_LONGEST_SETTING = LONGEST // 2

_PROSE_LANGUAGES = frozenset(("javascript", "typescript", "jsx", "tsx"))
# The module that holds a file's tests, by custom.
_MODULES = frozenset(("test", "tests", "unit_tests"))


def behaviour(name: str, suites: Sequence[str], language: str, wording: Wording = ENGLISH, *, around: str = "") -> str:
    """Say in one line what the test *name* shows, in the setting of its *suites*, outermost first.

    *around* is a setting that is written for a reader already.
    """
    *inner, event = _test_parts(one_line(name), language, wording)
    settings: list[str] = []
    for setting in filter(None, [around, *_suite_names(suites, language), *inner]):
        if not settings or settings[-1].casefold() != setting.casefold():
            settings.append(setting)
    if settings and _begins_with(event, settings[-1]):
        settings.pop()
    setting = one_line(_INSIDE.join(settings), longest=_LONGEST_SETTING)
    return one_line(f"{setting}: {event}" if setting else capitalised(event))


def suite_name(name: str, language: str) -> str:
    """Name a suite for a reader: TestLoginCase is "Login", prose stays, and what names nothing is empty."""
    name = one_line(name)
    several = name.endswith(_SEVERAL)
    name = name.removesuffix(_SEVERAL)
    if name in _COMPUTED or (language == "rust" and name in _MODULES):
        return ""
    if _SLUG.fullmatch(name):
        return sentence_of([word for part in name.split("-") for word in words_of(part)])
    if language in _PROSE_LANGUAGES or not _IDENTIFIER.fullmatch(name):
        return capitalised(_TITLE_SUFFIX.sub("", prose(name, several=several)))
    if language == "go":
        return _INSIDE.join(sentence_of(words_of(part)) for part in _situations(_PREFIX.sub("", name)))
    bare = _CLASS_PREFIX.sub("", name) if _CLASS_PREFIX.match(name) else _PREFIX.sub("", name)
    return sentence_of(words_of(_CLASS_SUFFIX.sub("", bare)))


def _suite_names(suites: Sequence[str], language: str) -> list[str]:
    """Name *suites*, and a member with what it belongs to: "res" and ".get()" are "res.get()"."""
    names: list[str] = []
    for at, suite in enumerate(suites):
        if at and MEMBER.match(suite) and OWNER.fullmatch(suites[at - 1]):
            names[-1] = one_line(suites[at - 1] + suite)
        else:
            names.append(suite_name(suite, language))
    return names


def _begins_with(event: str, setting: str) -> bool:
    event, setting = event.casefold(), setting.casefold()
    return event == setting or event.startswith(f"{setting} ")


def _test_parts(name: str, language: str, wording: Wording) -> list[str]:
    """Split a test's name into settings and, last, what happens."""
    several = name.endswith(_SEVERAL)
    name = name.removesuffix(_SEVERAL)
    if name in _COMPUTED:
        return [wording.computed]
    parts = _named_parts(name, language, wording, several=several)
    return [*parts[:-1], f"{parts[-1]} ({wording.several})"] if several else parts


def _named_parts(name: str, language: str, wording: Wording, *, several: bool) -> list[str]:
    parametrised = _PARAMETERS.fullmatch(name)
    if parametrised and (parametrised[2] is not None or _is_words(parametrised[1], language)):
        *settings, event = _named_parts(parametrised[1], language, wording, several=several)
        return [*settings, f"{event} ({prose(parametrised[2] or parametrised[3] or '')})"]
    kind = _GO_KINDS.match(name) if language == "go" else None
    if kind:
        return [
            wording.kinds[kind[1].lower()],
            *_named_parts(f"Test{name[kind.end() :]}", language, wording, several=several),
        ]
    prefix = _PREFIX.match(name)
    if not _is_identifier(name, language, prefixed=prefix is not None):
        return [punctuated(stated(prose(_NUMBERING.sub("", name), several=several)))]
    bare = _PREFIX.sub("", name).strip("_") if prefix and not name.endswith("__") else _PREFIX.sub("", name)
    if not bare or bare.isdigit():
        return [f"{wording.test} {bare}".strip() if prefix else name]
    *settings, event = _situations(bare)
    return [*(sentence_of(words_of(setting)) for setting in settings), _event(event, language) or name]


def _event(identifier: str, language: str) -> str:
    # A test of Go is named by the function that it tests: TestAddRoute is about AddRoute and orders nothing.
    return punctuated(stated(" ".join(words_of(identifier)), orders=language != "go"))


def _is_identifier(name: str, language: str, *, prefixed: bool) -> bool:
    if language in _PROSE_LANGUAGES:
        return (prefixed and "_" in name and _IDENTIFIER.fullmatch(name) is not None) or _SNAKE.fullmatch(
            name
        ) is not None
    return _IDENTIFIER.fullmatch(name) is not None


def _is_words(name: str, language: str) -> bool:
    """Whether *name* with arguments behind it is a test's and its row's: elsewhere it is a call."""
    return language not in _PROSE_LANGUAGES and len(words_of(name)) > 1


def _situations(name: str) -> list[str]:
    """Split Type_Method_Situation, the custom of Go and C#, which no snake_case name looks like."""
    parts = [part for part in name.split("_") if part]
    written_so = len(parts) > 1 and all(part[0].isupper() or part[0].isdigit() for part in parts) and not name.isupper()
    return parts if written_so else [name]

"""The name of a test → a sentence about what the project does."""

import re
from collections.abc import Sequence

from fleet.specgen.outline.text import LONGEST, one_line
from fleet.specgen.outline.words import capitalised, sentence_of, words_of

_PREFIX = re.compile(r"\A(?:[Tt]est|TEST)(?:_(?=__[^\W_])|_+|(?=[A-Z\d])|$)")
_CLASS_PREFIX = re.compile(r"\ATests?(?:Case|Suite)?_*(?=[A-Z\d]|$)")
_CLASS_SUFFIX = re.compile(r"(?:_[Tt]|T)est(?:s|_?[Cc]ases?|Suites?)?$")
_IDENTIFIER = re.compile(r"\w+")
_PARAMETERS = re.compile(r"(\w+)\[(.*)\]", re.DOTALL)

# What a parser puts for a name that is computed, and what it appends when one written test stands for several.
_COMPUTED = frozenset(("", "(dynamic)", "<dynamic>"))
_SEVERAL = " (dynamic cases)"
# Places that a test runner fills in, printf's and template literals'.
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|(?<!\d)%[sdifjoOpc#](?![A-Za-z])")

# Between a setting and the one inside it.
_INSIDE = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
# Leaves room for what happens.
_LONGEST_SETTING = LONGEST // 2

_PROSE_LANGUAGES = frozenset(("javascript", "typescript", "jsx", "tsx"))


def behaviour(name: str, suites: Sequence[str], language: str) -> str:
    """Say in one line what the test *name* shows, in the setting of its *suites*, outermost first."""
    *settings, event = [*(suite_name(suite, language) for suite in suites), *_test_parts(one_line(name), language)]
    setting = one_line(_INSIDE.join(filter(None, settings)), longest=_LONGEST_SETTING)
    return one_line(f"{setting}: {event}" if setting else capitalised(event))


def suite_name(name: str, language: str) -> str:
    """Name a suite for a reader: TestLoginCase is "Login", prose stays, and what names nothing is empty."""
    name = one_line(name)
    if name in _COMPUTED:
        return ""
    if language in _PROSE_LANGUAGES or not _IDENTIFIER.fullmatch(name):
        return capitalised(_prose(name))
    if language == "go":
        return _INSIDE.join(sentence_of(words_of(part)) for part in _situations(_PREFIX.sub("", name)))
    bare = _CLASS_PREFIX.sub("", name) if _CLASS_PREFIX.match(name) else _PREFIX.sub("", name)
    return sentence_of(words_of(_CLASS_SUFFIX.sub("", bare)))


def _test_parts(name: str, language: str) -> list[str]:
    """Split a test's name into settings and, last, what happens."""
    several = name.endswith(_SEVERAL)
    name = name.removesuffix(_SEVERAL)
    parts = ["cases named at run time"] if name in _COMPUTED else _named_parts(name, language)
    return [*parts[:-1], f"{parts[-1]} (several cases)"] if several else parts


def _named_parts(name: str, language: str) -> list[str]:
    parametrised = _PARAMETERS.fullmatch(name)
    if parametrised:
        *settings, event = _named_parts(parametrised[1], language)
        return [*settings, f"{event} ({_prose(parametrised[2])})"]
    prefix = _PREFIX.match(name)
    identifier = _IDENTIFIER.fullmatch(name) and (language not in _PROSE_LANGUAGES or (prefix and "_" in name))
    if not identifier:
        return [_prose(name)]
    bare = _PREFIX.sub("", name).strip("_") if prefix and not name.endswith("__") else _PREFIX.sub("", name)
    if not bare or bare.isdigit():
        return [f"test {bare}".strip() if prefix else name]
    *settings, event = _situations(bare)
    return [*(sentence_of(words_of(setting)) for setting in settings), " ".join(words_of(event)) or name]


def _situations(name: str) -> list[str]:
    """Split Type_Method_Situation, the custom of Go and C#, which no snake_case name looks like."""
    parts = [part for part in name.split("_") if part]
    written_so = len(parts) > 1 and all(part[0].isupper() or part[0].isdigit() for part in parts) and not name.isupper()
    return parts if written_so else [name]


def _prose(text: str) -> str:
    text = " ".join(_PLACEHOLDER.sub("…", text).split())
    text = text if text.endswith("...") else text.rstrip(".")
    return text or "…"

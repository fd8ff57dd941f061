"""The language a document is asked for in: a BCP 47 tag or a plain name."""

import re

from fleet.errors import InvalidJob

# As long as the column that keeps it.
_LONGEST_BYTES = 64
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NAME = re.compile(r"[^\W\d_]+(?:[ '\u2019().,-]+[^\W\d_]+)*\)?")


def language_of(text: str) -> str:
    """Return *text* in its one spelling ("EN-us" is "en-US", " english" is "English"); raises InvalidJob."""
    text = " ".join(text.split())
    if not 0 < len(text.encode("utf-8", "replace")) <= _LONGEST_BYTES:
        raise InvalidJob("a language is a BCP 47 tag or a name of at most 64 bytes - at `$.language`")
    if _TAG.fullmatch(text):
        first, *rest = text.split("-")
        return "-".join([first.lower(), *map(_subtag, rest)])
    if _NAME.fullmatch(text):
        return text[:1].upper() + text[1:]
    raise InvalidJob(
        "a language is a BCP 47 tag, such as pt-BR, or a name, such as English - at `$.language`", language=text
    )


def _subtag(subtag: str) -> str:
    """Spell scripts "Hant", regions "BR", and all else in lower case, as the standard recommends."""
    if len(subtag) == 4 and subtag.isalpha():  # noqa: PLR2004  # the length is what makes it a script
        return subtag.title()
    return subtag.upper() if len(subtag) == 2 else subtag.lower()  # noqa: PLR2004  # and this a region

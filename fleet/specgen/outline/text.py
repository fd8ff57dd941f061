"""Text from strangers → one line that can be stored and shown."""

import re
import unicodedata

LONGEST = 300
# Joins emoji and letters of some scripts; every other format character hides or reverses what a reader sees.
_JOINERS = "\u200c\u200d"


def one_line(text: str, *, longest: int = LONGEST) -> str:
    """Return *text* without controls, surrogates or doubled spaces, cut to *longest* characters."""
    # More than this is never shown; a name of megabytes must not cost as much.
    text = text[: 4 * longest]
    if not text.isprintable():
        text = "".join(map(_printable, text))
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return "" if unicodedata.category(character) in ("Cf", "Cs", "Co", "Cn") else " "


def compact(text: str) -> str:
    """Return what two spellings of one name have in common."""
    return re.sub(r"[\W_]+", "", text).casefold()


def unique(names: list[str]) -> list[str]:
    """Number the repetitions among *names*: "Works", "Works (2)"; what differs in case only is a repetition."""
    taken = {name.casefold() for name in names}
    seen: set[str] = set()
    counts: dict[str, int] = {}
    result: list[str] = []
    for name in names:
        folded = name.casefold()
        if folded not in seen:
            seen.add(folded)
            result.append(name)
            continue
        number = counts.get(folded, 1) + 1
        while f"{folded} ({number})" in taken:
            number += 1
        counts[folded] = number
        taken.add(f"{folded} ({number})")
        result.append(f"{name} ({number})")
    return result

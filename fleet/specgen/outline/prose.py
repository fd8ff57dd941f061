"""Names that are prose already: what a runner fills in, and acronyms in small letters."""

import re

from fleet.specgen.outline.spelling import PROSE_ACRONYMS, SPELLING

# Places that a test runner fills in: printf's, template literals', Ruby's.
_PLACEHOLDER = re.compile(r"[$#]\{[^{}]*\}|(?<!\d)%[sdifjoOpc#](?![A-Za-z])")
# Only where one written test stands for several is "$name" such a place, too; elsewhere it is a name of the code.
_NAMED_PLACEHOLDER = re.compile(r"\$[A-Za-z_][\w.]*|\$#")
# A word of its own: not a part of a path, a name or an expression, and in no quotes.
_ANY = "|".join(sorted(PROSE_ACRONYMS, key=lambda word: (-len(word), word)))
_ACRONYM = re.compile(rf"(?<![^\s(])({_ANY})(?=[,;]?(?:\s|\Z)|\))")


def prose(text: str, *, several: bool = False) -> str:
    """Return *text* as a sentence has it, without a full stop."""
    text = _PLACEHOLDER.sub("…", text)
    if several:
        text = _NAMED_PLACEHOLDER.sub("…", text)
    text = " ".join(text.split())
    if " " in text:
        text = _ACRONYM.sub(lambda match: SPELLING[match[1]], text)
    text = text if text.endswith("...") else text.rstrip(".。")
    return text or "…"

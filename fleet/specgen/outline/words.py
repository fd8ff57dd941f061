"""Identifiers → the words a reader would write."""

import re

from fleet.specgen.outline.numbers import join_numbers
from fleet.specgen.outline.spelling import ACRONYMS, MIXED, NEGATED_STEMS, SPELLING

# In this order: names with capitals inside, versions, words such as i18n, acronyms with a plural s, acronyms before a
# word, words, single capitals and acronyms, figures with a short unit.
_PARTS = re.compile(
    rf"(?:{'|'.join(MIXED)})(?![a-z])"
    r"|[vV]\d+(?:alpha|beta|rc)\d*(?![a-z])"
    r"|[A-Za-z]\d+[a-z](?![a-z])"
    r"|[Gg][Hh](?=\d)"
    r"|[A-Z]{2,}s(?![a-z])\d*"
    r"|[A-Z]+(?=[A-Z][a-z])"
    r"|[A-Z]?[a-z]{3,}(?=v\d+(?![a-z]))"
    r"|[A-Z]?[a-z]+\d*"
    r"|[A-Z]+\d*"
    r"|\d+(?:[A-Z]{1,2}(?![a-z])|[a-z]{1,3}(?![a-z]))?"
)
_PLURAL = re.compile(r"[A-Z]{2,}s")
_NUMBERED = re.compile(r"([A-Za-z]{3,})(\d+)")
# Names that own their number: "sha256" is one word, "part2" is two.
_OWNERS_OF_NUMBERS = """
http utf sha ipv oauth base int uint float aes crc ecma iso rfc win usb mp mpeg web php log ascii pcre lua auth
urllib boto junit
"""
_NUMBER_BELONGS = frozenset(_OWNERS_OF_NUMBERS.split())
_VERSION = re.compile(r"v\d")
_MAGIC = re.compile(r"__[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*__")
# What is thrown, as one name: the words before it must not be those of a sentence.
_THROWN = re.compile(
    r"(?<=[Tt]hrow|[Rr]aise)s?"
    r"((?:(?!(?:When|If|Unless|Until|For|From|On|With|To|By|Is|Not|Any|The|No|And|Or|As|In|An?)(?![a-z]))[A-Z][a-z0-9]*)+(?:Exception|Error))(?![a-z])"
)


def words_of(identifier: str) -> list[str]:
    """Split snake_case, camelCase and mixtures; acronyms, figures, negations and magic names keep their form."""
    words: list[str] = []
    position = 0
    for magic in _MAGIC.finditer(identifier):
        words += _plain(identifier[position : magic.start()])
        words.append(magic.group())
        position = magic.end()
    words += _plain(identifier[position:])
    return join_numbers(_join_negations(words))


def sentence_of(words: list[str]) -> str:
    """Join *words*, with a capital at the front unless the first word has a form of its own."""
    return capitalised(" ".join(words))


def capitalised(text: str) -> str:
    first, *_ = text.split(" ", 1)
    if _VERSION.match(first):
        return text
    plain = first.strip(",;:.!?()[]\"'").replace("'", "").replace("-", "")
    if first[:1].islower() and plain.isalnum() and plain.islower():
        return text[:1].upper() + text[1:]
    return text


def _plain(identifier: str) -> list[str]:
    shouted = identifier.isupper() and "_" in identifier
    pieces = [piece for piece in identifier.split("_") if piece]
    mixed = len(pieces) > 1 and any(piece.islower() for piece in pieces)
    words: list[str] = []
    for piece in pieces:
        if shouted:
            words.append(_spelled(piece.lower()))
        elif mixed and _is_type_name(piece) and (words or piece[0].isupper()):
            words.append(piece)
        else:
            words += _with_thrown(piece)
    return words


def _is_type_name(piece: str) -> bool:
    """Whether *piece* of a snake_case name is a name of the code, such as the ValueError of test_raises_ValueError."""
    capitals = sum(map(str.isupper, piece))
    return capitals > 1 and not piece.isupper() and not piece.startswith("test")


def _with_thrown(piece: str) -> list[str]:
    """Split camelCase, but for the type that something throws: ThrowsIOException ends in IOException."""
    thrown = _THROWN.search(piece)
    if thrown is None:
        return _camel(piece)
    return [*_camel(piece[: thrown.start(1)]), thrown[1], *_camel(piece[thrown.end(1) :])]


def _camel(piece: str) -> list[str]:
    if piece.lower() in SPELLING:
        return [_spelled(piece)]
    if not piece.isascii():
        return _unicode_camel(piece)
    words: list[str] = []
    for part in _PARTS.findall(piece):
        numbered = _NUMBERED.fullmatch(part)
        if numbered and part.lower() not in SPELLING and numbered[1].lower() not in _NUMBER_BELONGS:
            words += [_spelled(numbered[1]), numbered[2]]
        else:
            words += map(_spelled, _acronyms(part))
    return words


def _unicode_camel(piece: str) -> list[str]:
    """Split where a small letter meets a capital; scripts without cases stay whole."""
    starts = [at for at in range(1, len(piece)) if piece[at].isupper() and piece[at - 1].islower()]
    parts = [piece[start:end] for start, end in zip([0, *starts], [*starts, len(piece)], strict=True)]
    return [part if part.isupper() and len(part) > 1 else part.lower() for part in parts] if starts else [piece]


def _acronyms(part: str) -> list[str]:
    """Divide capitals that are known acronyms from end to end, such as JSONURL."""
    if not part.isupper() or part.lower() in SPELLING:
        return [part]
    for cut in range(3, len(part) - 2):
        if part[:cut] in ACRONYMS and part[cut:] in ACRONYMS:
            return [part[:cut], part[cut:]]
    return [part]


def _spelled(part: str) -> str:
    known = SPELLING.get(part.lower())
    if known is not None:
        return known
    acronym = len(part) > 1 and (part.isupper() or _PLURAL.fullmatch(part) is not None)
    figure = part[:1].isdigit()
    return part if acronym or figure or (len(part) == 1 and part != "A") else part.lower()


def _join_negations(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if word == "t" and joined and joined[-1] in NEGATED_STEMS:
            joined[-1] += "'t"
        else:
            joined.append(word)
    return joined

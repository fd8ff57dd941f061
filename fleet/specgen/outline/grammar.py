"""Names of tests as English statements: what should happen is said to happen."""

import re

from fleet.specgen.outline.verbs import DISGUISED, VERBS, is_finite, is_order, third_person

_DUTY = r"(?:should|must|shall|will|ought to|needs to|has to)"
_DUTIFUL = re.compile(rf"(?:it\s+)?({_DUTY}|(?:should|must|wo)n't)\s+(?=\S)", re.IGNORECASE)
# Some frameworks keep the "should" for themselves: should "not be empty".
_BARE_DUTY = re.compile(r"(?=(?:be|have|not (?!only\b)[a-z]{2,}|never [a-z]{2,}|always [a-z]{2,})\s)", re.IGNORECASE)
_NEGATED = re.compile(r"(?:should|must|wo)n't", re.IGNORECASE)
_CLAUSE_DUTY = re.compile(
    rf"\b(it|(?:a|an|the|this|each|every)(?:\s+[\w'-]+){{0,2}}\s+[\w'-]*[^\Ws])\s+{_DUTY}\s+(\S.*)", re.IGNORECASE
)
# Words that say only that a test follows.
_ANNOUNCED = re.compile(
    r"(?:(?:it\s+)?(?:tests?|verif(?:y|ies)|checks?|ensures?|asserts?|confirms?|expects?|makes?\s+sure)\s+that|that)\s+(?=\S)",
    re.IGNORECASE,
)
_TESTED = re.compile(r"(?:tests?|testing)(?:\s+for)?\s+(?=\S+\s+\S)", re.IGNORECASE)
# "Test" is the first word of many a noun.
_TEST_THINGS = re.compile(
    r"(?:for\s+)?(?:suites?|cases?|files?|runners?|frameworks?|names?|data|should|is|was|can|has|must|are|doubles?|plans?|runs?|"
    r"functions?|class(?:es)?|clients?|servers?|env\w*|modes?|ids?|body|bodies|config\w*|fixtures?|methods?|results?|"
    r"reports?|groups?|doubles?|code|output|instances?|containers?|apps?|context|dependenc\w+|targets?|with|without|of|[^\w]|\d)",
    re.IGNORECASE,
)
_IT_DOES = re.compile(r"it\s+(?=(?:[a-z]+s|can|cannot|can't|doesn't|isn't)\b)", re.IGNORECASE)
_ADVERB_WORDS = """
also always auto continuously even first just later never no longer now only still then thus too
"""
_ADVERBS = frozenset(_ADVERB_WORDS.split())
_NOT_ADVERB_WORDS = """
apply comply imply multiply only rely reply supply
"""
_NOT_ADVERBS = frozenset(_NOT_ADVERB_WORDS.split())
_VERB = re.compile(r"[a-z]{2,}(?:-[a-z]+)*")
# In the place of a verb, but none.
_NO_VERB = re.compile(
    r"(?:.*(?:tion|ment|ness|ity|ible|able|ive|ous|ful|ics)|(?!need|embed|feed|seed|shed|proceed|exceed|succeed|speed|heed)"
    r".*ed|(?!bring|ring|sing|string|ping|swing|sling).*ing|(?!.*(?:ss|us)).*s|an?|the|all|no|one|two|each|every|any|both|"
    r"if|when|with|without|in|on|for|of|as|at|by|from|to|and|or|it|this|array|case|content|empty|function|given|max|min|"
    r"more|less|next|null|nil|otherwise|spec|special|unicode)\Z"
)
_STATUS = re.compile(r"[1-5]\d\d")
# After these the first word was a noun.
_AFTER_NOUN_WORDS = """
and or then should can cannot must will is are was were has have had does doesn't isn't of
"""
_AFTER_NOUN = frozenset(_AFTER_NOUN_WORDS.split())
_COMPOUND_WORDS = """
error failure exception method option function command hook event callback test token tree result key handler
timeout mode flag type value statement expression operator keyword clause query rule policy
"""
_COMPOUNDED = frozenset(_COMPOUND_WORDS.split())
# So far back stands the verb whose subject the first words are: "add route fails".
_WORDS_OF_SUBJECT = 3
_COORDINATED = re.compile(r"(?<=\s)(and|but|then)\s+(not\s+)?([a-z]+)(?=\s|\Z)")
_SITUATION = re.compile(
    r"\A((?:when|if|given|after|before|while|once|for)\b[^,:]*?[^,:\s])\s+(?=(?:it|then)\s)", re.IGNORECASE
)
_WHEN_THEN = re.compile(r"(?<=[^,\s])\s+(?=(?:when|then)\s)", re.IGNORECASE)


def stated(text: str, *, orders: bool = True) -> str:
    """Say as a statement what the name of a test says as a duty or, with *orders*, as an order."""
    text = _announced(text)
    duty = _DUTIFUL.match(text) or _BARE_DUTY.match(text)
    if duty:
        done = _done(text[duty.end() :], negated=_NEGATED.match(duty[0]) is not None)
        return text if done is None else done
    order = _order(text) if orders else None
    return text if order is None else order


def punctuated(text: str) -> str:
    """Set the commas that an identifier has no room for: "given a cart, when it is emptied, then ..."."""
    text = _CLAUSE_DUTY.sub(_clause_done, text, count=1)
    if text[:6].lower() == "given ":
        return _WHEN_THEN.sub(", ", text)
    return _SITUATION.sub(r"\1, ", text)


def _announced(text: str) -> str:
    text = text[announced.end() :] if (announced := _ANNOUNCED.match(text)) else text
    tested = _TESTED.match(text)
    if tested and not _TEST_THINGS.match(text[tested.end() :]):
        text = text[tested.end() :]
    return text[does.end() :] if (does := _IT_DOES.match(text)) else text


def _done(duty: str, *, negated: bool = False) -> str | None:
    """Turn "not be empty" into "is not empty"; None when no verb is found where one should stand."""
    done = _conjugated(duty, negated=negated)
    return None if done is None else done.replace(" , ", ", ")


def _conjugated(duty: str, *, negated: bool) -> str | None:
    words = duty.split(" ")
    at = next((n for n, word in enumerate(words) if not _leads(word)), len(words) - 1)
    negated = negated or any(word.lower() == "not" for word in words[:at])
    adverbs = [word for word in words[:at] if word.lower() != "not"]
    verb, tail = words[at] if at else words[at].lower(), words[at + 1 :]
    if verb[-1:] == ",":
        verb, tail = verb[:-1], [",", *tail]
    if verb == "be" and tail[:2] == ["able", "to"] and len(tail) > 2:  # noqa: PLR2004  # and something to be able to
        return " ".join(["cannot" if negated else "can", *adverbs, *tail[2:]])
    if _STATUS.fullmatch(verb):
        return " ".join([*adverbs, "does not respond with" if negated else "responds with", verb, *tail])
    if not _is_verb(verb):
        return None
    if verb == "be":
        return " ".join(["is", *(["not"] if negated else []), *adverbs, *tail])
    if negated:
        return " ".join(["does not", *adverbs, verb, *tail])
    return " ".join([*adverbs, third_person(verb), *_coordinated(tail)])


def _is_verb(word: str) -> bool:
    return word in VERBS or word in DISGUISED or bool(_VERB.fullmatch(word) and not _NO_VERB.match(word))


def _leads(word: str) -> bool:
    word = word.lower()
    return word == "not" or word in _ADVERBS or (word.endswith("ly") and word not in _NOT_ADVERBS)


def _coordinated(tail: list[str]) -> list[str]:
    """Conjugate what follows an "and": "... and return it" belongs to the same subject."""
    text = " ".join(tail)
    return [_COORDINATED.sub(_second_verb, f" {text}")[1:]] if text else []


def _second_verb(match: re.Match[str]) -> str:
    if match[3] not in VERBS | DISGUISED and match[3] not in {"be", "have", "do"}:
        return match[0]
    if match[2]:
        return f"{match[1]} {'is not' if match[3] == 'be' else f'does not {match[3]}'}"
    return f"{match[1]} {third_person(match[3])}"


def _order(text: str) -> str | None:
    first, _, rest = text.partition(" ")
    second, _, more = rest.partition(" ")
    verb = first.lower()
    if not second or not (first[1:].islower() or "'" in first):
        return None
    if verb == "don't" or (verb == "do" and second == "not"):
        return " ".join(filter(None, ["doesn't", rest] if verb == "don't" else ["does not", more]))
    if second in _AFTER_NOUN or second.removesuffix("s") in _COMPOUNDED or not is_order(verb, second):
        return None
    if any(is_finite(word) for word in rest.split(" ")[:_WORDS_OF_SUBJECT]):
        return None
    return " ".join([third_person(verb), *_coordinated(rest.split(" "))])


def _clause_done(match: re.Match[str]) -> str:
    done = _done(match[2])
    return match[0] if done is None else f"{match[1]} {done}"

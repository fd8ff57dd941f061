"""The verbs of test names, in the third person."""

import re

# Verbs that begin a name as an order and as nothing else: none of them is a noun or an adjective in that place.
_ORDERS = """
add adjust advertise allow append apply avoid bind calculate choose coerce collect compute consider convert copy create
decode delete deny derive detect determine disallow discard dispatch emit enable encode encrypt decrypt ensure evaluate
exclude execute expand extract fail find follow forbid forward generate give ignore include infer inherit
initialise initialize inject insert instantiate invalidate invoke keep locate make merge modify mutate normalise
normalize notify obey omit parse penalise pick prefer prepend preserve prevent produce prohibit propagate provide raise
recognise recognize refuse register reject remember remove render replace require resolve respect respond restore retain
retrieve serialise serialize deserialise deserialize skip specify strip swallow throw tolerate transform translate
truncate unescape unwrap update validate verify warn wrap write
"""
# These are orders before a determiner only: "returns the receiver", but "return value is kept".
_AMBIGUOUS = """
accept alias assign break build cache call cancel catch change check clear close compare complete cause count display
drop escape exit fall filter fix format get handle help honor honour leave let limit list load lock log look map mark
match mock mount move name open output override pass persist print process push put quote read record redirect report
reset return reverse run save search send set show sort split start stop store stub support take test trim trigger use
wait work yield
"""
_DETERMINER_WORDS = """
a an the all any each every no null nil none true false its their it them this that these those only both correct
another multiple several single different empty same to
"""
_DETERMINERS = frozenset(_DETERMINER_WORDS.split())
ORDERS = frozenset(_ORDERS.split())
# Verbs that end as nouns and adjectives do.
_DISGUISED_VERBS = """
arrive augment cable comment complement decrement derive dive document drive experiment give harness implement increment
live mention outlive partition position question receive strive survive table transition
"""
DISGUISED = frozenset(_DISGUISED_VERBS.split())
# Orders before what they depend on.
_INTRANSITIVE_VERBS = """
fail pass succeed work
"""
_INTRANSITIVE = frozenset(_INTRANSITIVE_VERBS.split())
_PREPOSITION_WORDS = """
after before by for from if in on to unless until when while with without
"""
_PREPOSITIONS = frozenset(_PREPOSITION_WORDS.split())
VERBS = ORDERS | frozenset(_AMBIGUOUS.split()) | _INTRANSITIVE

_IRREGULAR = {"be": "is", "have": "has", "do": "does", "go": "goes", "undo": "undoes", "redo": "redoes"}
# Verbs of two words that names write as one.
_SEPARABLE = {
    "lookup": "looks up",
    "cleanup": "cleans up",
    "setup": "sets up",
    "fallback": "falls back",
    "timeout": "times out",
    "logout": "logs out",
    "login": "logs in",
    "shutdown": "shuts down",
    "callback": "calls back",
}
_SIBILANT = re.compile(r"(?:[sxz]|[cs]h|[^aeiou]o)\Z")
_CONSONANT_Y = re.compile(r"[^aeiou]y\Z")


def third_person(verb: str) -> str:
    """Return what he, she or it does: "parses", "catches", "applies"."""
    found = _IRREGULAR.get(verb) or _SEPARABLE.get(verb)
    if found is not None:
        return found
    if _SIBILANT.search(verb):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if _CONSONANT_Y.search(verb) else f"{verb}s"


def is_order(first: str, second: str) -> bool:
    """Whether a name that begins with these two words tells somebody to do something."""
    if first in _INTRANSITIVE and second in _PREPOSITIONS:
        return True
    return first in ORDERS or (first in VERBS and second in _DETERMINERS)


def is_finite(word: str) -> bool:
    """Whether *word* says by itself what somebody does, as "fails" and "returns" do, but "values" does not."""
    return word in _FINITE


_NOUNS_TOO = {"calls", "changes", "checks", "limits", "lists", "logs", "names", "outputs", "matches", "marks", "mocks"}
_FINITE = (
    {
        third_person(verb)
        for verb in (*ORDERS, *_INTRANSITIVE, "return", "panic", "accept", "be", "have", "do", "become")
    }
    | {"returns", "doesn't", "isn't", "can", "cannot"}
) - _NOUNS_TOO

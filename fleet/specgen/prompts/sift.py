"""What a model says is somebody else's text: bounded, cleaned, and only about what was asked."""

from collections.abc import Mapping

import msgspec

from fleet.specgen.outline.text import one_line
from fleet.specgen.prompts.question import Question

_LONGEST: Mapping[str, int] = {"classify": 120, "describe": 300, "summarise": 2_000}


def sift(question: Question, content: str) -> dict[bytes, tuple[str, ...]]:
    """Return the usable answers by what they are about; nothing when the content makes no sense.

    Numbers that were not asked about are dropped, and so is an answer that is empty once it is clean.
    """
    # Some models wrap JSON in a fence of Markdown, or think aloud before it.
    content = content[content.find("{") : content.rfind("}") + 1]
    try:
        answers = question.read(content.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    longest = _LONGEST[question.task]
    sifted: dict[bytes, tuple[str, ...]] = {}
    for number, words in answers.items():
        clean = tuple(one_line(word, longest=longest) for word in words)
        if number in question.keys and all(clean):
            sifted[question.keys[number]] = clean
    return sifted

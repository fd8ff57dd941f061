"""Makes text from strangers fit to be stored and shown."""

from typing import Final

MAX_NAME_CHARACTERS: Final = 1000
# What a test is called whose name is computed or that has none, and what marks a test that stands for several.
COMPUTED: Final = "(dynamic)"
SEVERAL: Final = " (dynamic cases)"


def clean(text: str) -> str:
    """Return *text* without NUL and lone surrogates, which PostgreSQL refuses, and of bounded length."""
    cut = text[:MAX_NAME_CHARACTERS]
    return cut.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def decode(content: bytes) -> str:
    """Read *content* as UTF-8 whatever is in it, cleaned."""
    # Four bytes a character is the most UTF-8 needs, so nothing that would be kept is cut off. What was decoded has no
    # surrogates.
    text = content[: MAX_NAME_CHARACTERS * 4].decode("utf-8", "replace")[:MAX_NAME_CHARACTERS]
    return text.replace("\0", "") if "\0" in text else text

"""Text from outside, made fit to store: one NUL in an exception message must not stop a queue."""

import re

LIMIT = 8192
_HALF = LIMIT // 2 - 32

# Userinfo in a URL, and the value after a word that names a secret.
_TELLTALE = r"\b(?:authorization|bearer|password|passwd|token|secret|api[_-]?key)\b"
_SECRETS = (
    (re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@]{1,512}@"), r"\g<keep>***@"),
    (re.compile(rf"(?i)(?P<keep>{_TELLTALE}[\"']?\s{{0,4}}[:=]\s{{0,4}})[^\s,;\"']{{4,512}}"), r"\g<keep>***"),
)


def clean(text: str) -> str:
    """Return *text* without NUL, lone surrogates and visible secrets, cut to 8 KiB from its middle."""
    if len(text) > LIMIT:
        text = f"{text[:_HALF]}\n… {len(text) - 2 * _HALF} characters left out …\n{text[-_HALF:]}"
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    text = text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")
    encoded = text.encode("utf-8")
    if len(encoded) <= LIMIT:
        return text
    return f"{encoded[:_HALF].decode('utf-8', 'ignore')}\n…\n{encoded[-_HALF:].decode('utf-8', 'ignore')}"


def describe(error: BaseException) -> str:
    """Return the message of *error*, whatever its ``__str__`` does."""
    try:
        return clean(str(error))
    except (ValueError, TypeError, AttributeError, LookupError, RuntimeError, ArithmeticError) as problem:
        return f"<message unreadable: {type(problem).__name__}>"

"""Text from outside, made fit to store: one NUL in an exception message must not stop a queue."""

import re
import traceback

LIMIT = 8192
_HALF = LIMIT // 2 - 32
# Secrets are looked for in so much of each end, which bounds the work on a message of megabytes.
_WINDOW = 4 * LIMIT
# A secret that a window's edge cuts in two is not recognised; nothing so close to an edge is kept.
_EDGE = 2048

# Long runs are taken whole: the end of a token is as good as the token. Each pattern is linear in the text.
_SECRETS = (
    # Userinfo in a URL, up to the last "@" before its path.
    (re.compile(r"(?i)(?P<keep>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/]*@"), r"\g<keep>***@"),
    # The value after a word that names a secret, quoted or not: TOKEN=…, "api_key": "…", Authorization: Bearer ….
    (
        re.compile(
            r"(?i)(?P<keep>(?:authorization|bearer|password|passwd|token|secret"
            r"|(?:api|access|encryption|private|signing)[_-]?key)(?:[_-][a-z0-9_-]{0,32})?"
            r"[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:(?:bearer|basic|token)\s{1,4})?)[^\s,;\"']{4,}"
        ),
        r"\g<keep>***",
    ),
    (re.compile(r"(?i)(?P<keep>\b(?:bearer|basic)\s{1,4})[a-z0-9._~+/=-]{8,}"), r"\g<keep>***"),
    # Tokens that show by themselves what they are.
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|sk-)[A-Za-z0-9_-]{16,}"), "***"),
)


def clean(text: str) -> str:
    """Return *text* without NUL, lone surrogates and visible secrets, cut to 8 KiB from its middle."""
    if len(text) > 2 * _WINDOW:
        head, tail = _redact(text[:_WINDOW])[:-_EDGE], _redact(text[-_WINDOW:])[_EDGE:]
        text = f"{head[:_HALF]}\n… {len(text) - 2 * _HALF} characters left out …\n{tail[-_HALF:]}"
    else:
        text = _redact(text)
    text = text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")
    encoded = text.encode("utf-8")
    if len(encoded) <= LIMIT:
        return text
    left_out = len(encoded) - 2 * _HALF
    head, tail = encoded[:_HALF].decode("utf-8", "ignore"), encoded[-_HALF:].decode("utf-8", "ignore")
    return f"{head}\n… {left_out} bytes left out …\n{tail}"


def describe(error: BaseException) -> str:
    """Return the message of *error*, whatever its ``__str__`` does."""
    # The interpreter's own rendering survives a __str__ that raises; it puts the class before the message.
    rendered = "".join(traceback.format_exception_only(error)).rstrip("\n")
    return clean(rendered.partition(": ")[2])


def trace(error: BaseException) -> str:
    """Return the traceback of *error* as it may be logged: no locals, and as clean as what is stored."""
    return clean("".join(traceback.format_exception(error)))


def _redact(text: str) -> str:
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text

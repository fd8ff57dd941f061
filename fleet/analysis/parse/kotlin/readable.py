"""Writes what the grammar of Kotlin misreads as something of the same length that it reads.

It would lose the rest of a class, or of the file, behind each of these. Nothing moves, so places stay what they are.
"""

import re
from typing import Final

# A call of get() at the beginning of a line is taken for a getter of the value above, a name like in1 or as2 for the
# operator, and suspend { … } for a modifier. With capital letters they are names.
# Each expression begins with what it is looked for by: one that may begin anywhere is tried everywhere.
_NAMES: Final = re.compile(rb"\n[ \t]*(?:get(?=\([^)]|[ \t]*[{<])|in(?=\d)|as(?=\d))")
_SUSPEND: Final = re.compile(rb"suspend(?<![\w.`]suspend)(?=[ \t]*\{)")
# Strings that end with more quotes than three, of which the first are text; and those in which it takes more than one $
# for a template, with which they begin. What else could hide a quote is passed over as a whole.
_STRINGS: Final = re.compile(
    rb"""
    //[^\n]* | /\*.*?(?:\*/|\Z) | `[^`\n]*`? | '(?:[^'\\\n]|\\.)*'?
    | (?: (?<!\$) (?P<dollars>\${2,}) )? (?: \"{3} (?P<text>.*?) (?P<end>\"{3,}|\Z) | \"(?:[^\"\\\n]|\\.)*\"? )
    """,
    re.VERBOSE | re.DOTALL,
)


def readable(content: bytes) -> bytes:
    content = _NAMES.sub(_upper, b"\n" + content)[1:]
    content = _SUSPEND.sub(_upper, content)
    if b'""""' in content or b'$$"' in content:
        content = _STRINGS.sub(_plain, content)
    return content


def _upper(name: re.Match[bytes]) -> bytes:
    return name[0].upper()


def _plain(string: re.Match[bytes]) -> bytes:
    written, dollars, end = string[0], string["dollars"] or b"", string["end"] or b""
    if dollars:
        # A single $ is text there; whatever else it is shown as, it may not begin a template.
        written = b" " * len(dollars) + written[len(dollars) :].replace(b"$", b"%")
    surplus = len(end) - 3
    return written if surplus <= 0 else written[: -len(end)] + b"'" * surplus + b'"""'

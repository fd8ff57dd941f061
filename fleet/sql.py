"""Reads a statement from sql/, cached."""

from functools import cache
from pathlib import Path

# Shipped inside the package by the wheel; beside it in the source tree.
_PACKAGED = Path(__file__).parent / "_sql"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of ``sql/<name>.sql``; *name* is a constant such as ``analysis/finish``."""
    return (ROOT / f"{name}.sql").read_text(encoding="utf-8")

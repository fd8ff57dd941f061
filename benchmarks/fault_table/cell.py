"""One cell of the table: what was observed when one fault befell one of the queues."""

from collections.abc import Sequence
from pathlib import Path

import msgspec


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """*words* say what was observed; with *void*, the fault was not seen to happen, and they say why.

    *figures* are the same as numbers. *load* is the machine's, over a minute, when the cell was done.
    """

    fault: str
    peer: str
    version: str
    words: str
    void: bool = False
    figures: dict[str, float] = msgspec.field(default_factory=dict)
    at: str
    seconds: float
    load: float


class Seen(msgspec.Struct, frozen=True):
    """What a fault's script has observed."""

    words: str
    figures: dict[str, float] = msgspec.field(default_factory=dict)


def read(record: Path) -> list[Cell]:
    if not record.exists():
        return []
    return [msgspec.json.decode(line, type=Cell) for line in record.read_bytes().splitlines()]


def merge(record: Path, cells: Sequence[Cell]) -> None:
    """Put *cells* into the *record*, in the place of older ones."""
    kept = {(cell.fault, cell.peer): cell for cell in [*read(record), *cells]}
    lines = [msgspec.json.encode(kept[key]) + b"\n" for key in sorted(kept)]
    record.write_bytes(b"".join(lines))


def times(count: int, what: str) -> str:
    """Return "1 start", "2 starts"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

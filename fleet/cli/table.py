"""A table, and how it reads where nobody watches: in columns, whole, and without any colour."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from fleet.cli.words import printable


class Column(msgspec.Struct, frozen=True):
    """A column of a table; one that *needs* so many columns of the terminal is left out of a narrower one."""

    name: str
    right: bool = False
    needs: int = 0
    # Cut where there is no room, rather than going on in the next line.
    cut: bool = False


class Cell(msgspec.Struct, frozen=True):
    """Text with a style, which says nothing that the text does not."""

    text: str
    style: str = ""


Row: TypeAlias = Sequence[Cell | str]


class Table(msgspec.Struct, frozen=True):
    """Rows under named columns, with a title where a page has several."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    title: str = ""


def text_of(cell: Cell | str) -> str:
    return printable(cell.text if isinstance(cell, Cell) else cell)


def style_of(cell: Cell | str) -> str:
    return cell.style if isinstance(cell, Cell) else ""


def plain(table: Table) -> str:
    """Return *table* as lines of aligned columns; nothing is cut, so that a program finds everything."""
    head = [column.name for column in table.columns]
    body = [[text_of(cell) for cell in row] for row in table.rows]
    widths = [max(map(len, texts)) for texts in zip(head, *body, strict=True)]
    lines = [table.title] if table.title else []
    for texts in (head, *body):
        fields = [
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(texts, widths, table.columns, strict=True)
        ]
        lines.append("  ".join(fields).rstrip())
    return "".join(f"{line}\n" for line in lines)

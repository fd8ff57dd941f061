"""What a command writes: tables and sentences for people, JSON for programs."""

import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TextIO

import msgspec
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from fleet.cli.table import Cell, Column, Table, plain, style_of, text_of
from fleet.cli.words import printable

# Columns whose text is JSON.
_JSON = frozenset({"args", "counts", "progress", "result"})


class Output:
    """Standard output and error of a command; a terminal gets colour and width, anything else plain lines."""

    def __init__(self, out: TextIO, err: TextIO, environ: Mapping[str, str]) -> None:
        for stream in (out, err):
            if isinstance(stream, io.TextIOWrapper):
                # A job's error must not fail over a terminal that cannot show it.
                stream.reconfigure(errors="backslashreplace")
        self._out = out
        self._err = err
        self.rich = out.isatty() and environ.get("TERM", "dumb") not in {"dumb", "unknown"}
        self.console = Console(file=out, highlight=False, markup=False, emoji=False, _environ=environ)

    def say(self, line: str) -> None:
        """Write one sentence; where somebody watches, its long lines are wrapped between words."""
        if self.rich:
            self.console.print(Text(printable(line)))
        else:
            self._out.write(f"{printable(line)}\n")
        self._out.flush()

    def mark(self, mark: Cell, line: str) -> None:
        """Write a line behind a coloured word."""
        if self.rich:
            self.console.print(Text.assemble((text_of(mark), style_of(mark)), "  ", printable(line)))
        else:
            self._out.write(f"{text_of(mark)}  {printable(line)}".rstrip() + "\n")
        self._out.flush()

    def raw(self, text: str) -> None:
        """Write *text* of the program's own as it is."""
        self._out.write(text)

    def complain(self, line: str) -> None:
        """Write a sentence to standard error."""
        self._err.write(f"{printable(line)}\n")
        self._err.flush()

    def ask(self, question: str) -> None:
        """Write a question to standard error, so that it is no part of what a program reads."""
        self._err.write(f"{printable(question)} [y/N] ")
        self._err.flush()

    def show(self, *tables: Table) -> None:
        for number, table in enumerate(tables):
            if number:
                self._out.write("\n")
            if self.rich:
                self.console.print(self.drawn(table))
            else:
                self._out.write(plain(table))
        self._out.flush()

    def drawn(self, *tables: Table) -> RenderableType:
        """Return *tables* as a terminal of this width has them."""
        return Group(*(_drawn(table, self.console.width) for table in tables))

    def json(self, value: Any) -> None:
        """Write *value* in one line; rows of the database as objects, durations in seconds."""
        self._out.write(f"{msgspec.json.encode(plain_value(value)).decode()}\n")
        self._out.flush()


def plain_value(value: Any) -> Any:
    """Return *value* as JSON has it; the name of a duration says that it is in seconds."""
    if isinstance(value, msgspec.Struct):
        return plain_value(msgspec.structs.asdict(value))
    if isinstance(value, Mapping) or hasattr(value, "items"):
        return dict(_field(name, held) for name, held in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain_value(item) for item in value]
    return value.total_seconds() if isinstance(value, timedelta) else value


def _field(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, timedelta):
        return f"{name}_seconds", value.total_seconds()
    if name in _JSON and isinstance(value, str):
        return name, msgspec.Raw(value.encode())
    return name, plain_value(value)


def _drawn(table: Table, width: int) -> RenderableType:
    shown = [number for number, column in enumerate(table.columns) if column.needs <= width]
    drawn = RichTable(box=None, pad_edge=False, header_style="bold", title=table.title or None)
    drawn.title_justify = "left"
    drawn.title_style = "bold cyan"
    for number in shown:
        _add_column(drawn, table.columns[number])
    for row in table.rows:
        drawn.add_row(*(_drawn_cell(row[number]) for number in shown))
    return drawn


def _drawn_cell(cell: Cell | str) -> Text:
    # A number that is cut says so: without its last digits it would be another one.
    return Text(text_of(cell), style=style_of(cell), no_wrap=True, overflow="ellipsis")


def _add_column(drawn: RichTable, column: Column) -> None:
    # Of columns that may wrap, and these alone, a table takes the room that it lacks: here they are cut instead.
    drawn.add_column(column.name, justify="right" if column.right else "left", no_wrap=not column.cut)

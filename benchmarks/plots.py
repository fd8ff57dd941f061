"""Writes docs/benchmarks/ from a record of figures: python -m benchmarks.plots RECORD.

A page of tables, a picture for each question in which somebody stands beside us, and the record itself.
"""

import sys
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.__main__ import QUESTIONS
from benchmarks.frame.finding import Finding, Goal

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"
OURS = "Fleet"
_ROW, _BAR, _LEFT, _WIDTH, _TOP = 24, 16, 190, 760, 34
# Where pictures end on the right, so that the figure behind the longest bar has room.
_RIGHT = 90
_COLOURS = {True: "#2f6f9f", False: "#b9c3cc"}
_HEAD = """\
# Benchmarks

Written by `make bench-plots` from [the record](figures.jsonl) of what `make bench` found on {date}: {machine},
PostgreSQL {postgresql}, Python {python}. `make bench-quick` takes a minute, `make bench ARGS=drain` asks one question,
and `python -m benchmarks.drain --help` says how much of it can be asked.

Each question starts a PostgreSQL of its own on files on disk, with {settings} and everything else as it is by
default; `fsync` and `synchronous_commit` are on. Contenders take turns, round by round, each on a fresh copy of its
database. A figure is the median of the rounds, a ratio the median of the rounds' own ratios; figures of different runs
are not to be compared. Nothing of Fleet is switched off: workers are processes with a keeper and a log, jobs are
fenced, leased, limited in time and kept in the history, and after each drain it is checked that every job ran once and
is there. A worker has 3000 slots where jobs are short. The settings of the other queues are those that their
documentation names as best; `benchmarks/peers/known.py` has them.

The noise of a question is how far apart the slowest and the fastest of a fixed computation and of a fixed number of
commits were, as shares of the middle one: where it is large, the machine had other work, and only ratios say something.
"""


class Record(Finding, frozen=True, kw_only=True):
    """A line of the record: a finding, and what was so for the whole question."""

    at: str
    machine: str
    noise: dict[str, float]
    load: float
    settings: dict[str, Any]
    versions: dict[str, str]


class Bar(msgspec.Struct, frozen=True):
    name: str
    value: float
    ours: bool


def read(path: Path) -> list[Record]:
    """Return the lines of a record in the order in which the questions are asked."""
    lines = [msgspec.json.decode(line, type=Record) for line in path.read_bytes().splitlines()]
    order = list(QUESTIONS)
    return sorted(lines, key=lambda line: order.index(line.question))


def page(records: Sequence[Record]) -> str:
    first = records[0]
    shared = ", ".join(f"`{name} = {first.settings[name]}`" for name in ("shared_buffers", "max_wal_size"))
    parts = [_HEAD.format(date=first.at, machine=first.machine, settings=shared, **first.versions)]
    for question, group in groupby(records, key=lambda record: record.question):
        parts.append(_section(question, list(group)))
    return "\n".join(parts)


def _section(question: str, records: Sequence[Record]) -> str:
    noise = ", ".join(f"{name} {share:.0%}" for name, share in records[0].noise.items())
    told = (sys.modules[QUESTIONS[question].ask.__module__].__doc__ or "").strip()
    lines = [f"## {question.replace('_', ' ').capitalize()}", "", _plain(told, question), ""]
    if _bars(records):
        lines += [f"![{question.replace('_', ' ')}]({question}.svg)", ""]
    lines += [
        f"{_scale(records[0])} Noise: {noise}. Load: {records[0].load}.",
        "",
        "| figure | ours | beside | theirs | ratio | goal | |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(record) for record in records]
    return "\n".join([*lines, ""])


def _scale(record: Record) -> str:
    return f"Rounds: {record.settings['rounds']}, of {record.settings['jobs']:,} jobs or rows where there are any."


def _plain(doc: str, question: str) -> str:
    """Return a module's docstring as one paragraph, with its command as code."""
    command = f"python -m benchmarks.{question}"
    return " ".join(doc.split()).replace(" Prints JSON lines:", "").replace(command, f"`{command}`")


def _row(record: Record) -> str:
    theirs = "" if record.peer_value is None else f"{record.peer_value:,g}"
    ratio = "" if record.ratio is None else f"{record.ratio:.2f}"
    met = "" if record.met is None else "met" if record.met else "**not met**"
    return (
        f"| {record.figure} | {record.value:,g} {record.unit} | {record.peer or ''} | {theirs} | {ratio}"
        f" | {_goal(record.goal)} | {met} |"
    )


def _goal(goal: Goal | None) -> str:
    if goal is None:
        return ""
    bound = f"≥ {goal.at_least:g}" if goal.at_least is not None else f"≤ {goal.at_most:g}"
    return f"ratio {bound}" if goal.of == "ratio" else bound


def _bars(records: Iterable[Record]) -> dict[str, list[Bar]]:
    """Return the bars by figure; only what stands beside somebody is drawn."""
    bars: dict[str, list[Bar]] = {}
    for record in records:
        if record.peer is None or record.peer_value is None:
            continue
        of_figure = bars.setdefault(f"{record.figure}, {record.unit}", [Bar(OURS, record.value, ours=True)])
        of_figure.append(Bar(record.peer, record.peer_value, ours=False))
    return bars


def picture(records: Sequence[Record]) -> str:
    """Draw the bars of one question as SVG, with the date and the machine below them."""
    figures = _bars(records)
    y, parts = 8, []
    for figure, bars in figures.items():
        parts.append(f'<text x="8" y="{y + 16}" font-weight="bold">{escape(figure)}</text>')
        y += _TOP
        most = max(bar.value for bar in bars) or 1
        for bar in bars:
            parts.append(_bar(bar, y, (_WIDTH - _LEFT - _RIGHT) * bar.value / most))
            y += _ROW
        y += 10
    parts.append(f'<text x="8" y="{y + 14}" fill="#666">{escape(records[0].at)}, {escape(records[0].machine)}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + 26}" font-family="sans-serif"'
        f' font-size="13"><rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _bar(bar: Bar, y: int, width: float) -> str:
    middle = y + 13
    return (
        f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{_COLOURS[bar.ours]}"/>'
        f'<text x="{_LEFT + width + 6:.1f}" y="{middle}">{bar.value:,g}</text>'
    )


def main(record: Path) -> None:
    records = read(record)
    DOCS.mkdir(exist_ok=True)
    (DOCS / "README.md").write_text(page(records), encoding="utf-8")
    (DOCS / "figures.jsonl").write_bytes(record.read_bytes())
    for question, group in groupby(records, key=lambda each: each.question):
        of_question = list(group)
        if _bars(of_question):
            (DOCS / f"{question}.svg").write_text(picture(of_question), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

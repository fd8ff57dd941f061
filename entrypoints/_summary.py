"""Prints what an analysis found and how its specification begins."""

import sys

import msgspec

from fleet.db import Connection
from fleet.specgen.archive import fetch_document
from fleet.specgen.render_text import render_text
from fleet.sql import statement

PAGE = 40


async def print_inventory(connection: Connection, analysis: int, *, new: bool) -> None:
    """Print the totals of an analysis, its tests by framework and its slowest phase."""
    row = await connection.fetchrow(statement("local/inventory"), analysis)
    if row is None:
        return
    phases = msgspec.json.decode(row["phases"], type=dict[str, float])
    slowest = max(phases, key=phases.__getitem__)
    _say(f"\nInventory of {row['repository']} at {row['commit'][:12]}{'' if new else ' (taken earlier)'}")
    _say(f"  {row['tests']} tests in {row['files']} test files of {row['candidates']} candidates")
    for framework in await connection.fetch(statement("local/frameworks"), analysis):
        _say(f"  {framework['framework']:<12} {framework['tests']:>6} tests {framework['files']:>6} files")
    if row["unparsed"]:
        _say(f"  {row['unparsed']} files could not be parsed")
    _say(f"  slowest phase: {slowest}, {phases[slowest]:.2f} s of {sum(phases.values()):.2f} s\n")


async def print_specification(connection: Connection, document: int) -> None:
    """Print the first page of a document."""
    found = await fetch_document(connection, document)
    if found is None:
        return
    lines = render_text(found).splitlines()
    _say("\n" + "\n".join(lines[:PAGE]))
    if len(lines) > PAGE:
        _say(f"… {len(lines) - PAGE} more lines in document {document}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")

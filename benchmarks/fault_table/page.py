"""Writes docs/faults-peers.md from what was seen."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from string import Template

from benchmarks.fault_table.cell import Cell
from benchmarks.fault_table.faults import FAULTS
from benchmarks.fault_table.handlers import GOOD
from benchmarks.fault_table.stage import LEASE, SLOTS, STOP
from benchmarks.peers.known import PEERS

PAGE = Path(__file__).parents[2] / "docs" / "faults-peers.md"
COMMAND = "make faults-peers"


def page(cells: Sequence[Cell], *, postgres: str) -> str:
    """Return the page that shows *cells*, which were seen on this machine."""
    peers = [name for name in PEERS if any(cell.peer == name for cell in cells)]
    days = sorted({cell.at[:10] for cell in cells})
    return Template(Path(__file__).with_suffix(".md").read_text(encoding="utf-8")).substitute(
        command=COMMAND,
        when=days[0] if len(days) == 1 else f"from {days[0]} to {days[-1]}",
        cores=os.cpu_count(),
        least=f"{min(cell.load for cell in cells):g}",
        most=f"{max(cell.load for cell in cells):g}",
        postgres=postgres,
        python=platform.python_version(),
        node=_node(),
        lease=f"{LEASE:g}",
        stop=f"{STOP:g}",
        slots=SLOTS,
        good=GOOD,
        table="\n".join(_table(cells, peers)),
        settings="\n".join(f"* **{name}**: {'; '.join(PEERS[name].settings)}." for name in peers),
    )


def _table(cells: Sequence[Cell], peers: Sequence[str]) -> list[str]:
    versions = {cell.peer: cell.version for cell in cells}
    by_place = {(cell.fault, cell.peer): cell for cell in cells}
    titles = " | ".join(f"{name} {versions[name]}" for name in peers)
    rows = [
        f"| {fault.title} (`{name}`) | {' | '.join(_words(by_place.get((name, peer))) for peer in peers)} |"
        for name, fault in FAULTS.items()
    ]
    return [f"| fault | {titles} |", "|---" * (len(peers) + 1) + "|", *rows]


def _words(cell: Cell | None) -> str:
    if cell is None:
        return "not run"
    words = cell.words.splitlines()[0].replace("|", "\\|")
    return f"void: {words}" if cell.void else words


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        return "none"
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)  # noqa: S603  # the peers' own
    return said.stdout.strip().removeprefix("v")

"""docs/faults-peers.md shows what was seen, and how to see it again."""

import re
from pathlib import Path

import pytest

from benchmarks.fault_table.cell import Cell, merge, read
from benchmarks.fault_table.faults import FAULTS
from benchmarks.fault_table.page import COMMAND, page
from benchmarks.fault_table.run import Run
from benchmarks.peers.environment import build
from benchmarks.peers.known import FLEET, PEERS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults-peers.md").read_text(encoding="utf-8")
RECORD = ROOT / "benchmarks" / "fault_table" / "record.jsonl"


def cell(words: str, *, fault: str = "kill", void: bool = False) -> Cell:
    return Cell(
        fault=fault, peer="fleet", version="0", words=words, void=void, at="2026-01-02T03:04:05", seconds=1, load=1
    )


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_the_page_shows_what_the_record_holds() -> None:
    assert rows(PAGE) == rows(page(read(RECORD), postgres="18"))


def test_every_fault_was_done_to_every_queue_that_is_shown() -> None:
    seen = {(one.fault, one.peer) for one in read(RECORD)}

    assert {peer for _, peer in seen} >= {"fleet", "procrastinate", "pgqueuer", "graphile-worker"}
    assert seen == {(fault, peer) for fault in FAULTS for _, peer in seen}


def test_the_page_names_a_command_that_is_there() -> None:
    target = COMMAND.removeprefix("make ")

    assert f"`{COMMAND}`" in PAGE
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"))


def test_the_page_says_with_which_settings() -> None:
    shown = {one.peer for one in read(RECORD)}

    missing = [sentence for name in shown for sentence in PEERS[name].settings if sentence not in PAGE]

    assert missing == []


def test_a_fault_that_was_not_seen_is_void_and_no_result() -> None:
    shown = page([cell("there was no connection to end\nand more", void=True)], postgres="18")

    assert "| void: there was no connection to end |" in shown
    assert "and more" not in shown


def test_what_is_seen_later_replaces_what_was_seen_before(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    merge(record, [cell("first"), cell("other", fault="stop")])

    merge(record, [cell("second")])

    assert {one.fault: one.words for one in read(record)} == {"kill": "second", "stop": "other"}


@pytest.mark.faults
async def test_a_fault_is_inflicted_and_what_comes_of_it_is_seen(tmp_path: Path) -> None:
    run = Run(["kill"], lambda _cell: None)

    await run.on(build(FLEET, tmp_path))

    (seen,) = run.cells
    assert (seen.fault, seen.peer, seen.void) == ("kill", "fleet", False)
    assert seen.figures["again"] < 15

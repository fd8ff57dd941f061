"""docs/guarantees.md promises nothing that no test holds, and states no figure that no command measures."""

import re
from pathlib import Path

import pytest

from tests.test_comparison import PROOF, is_there, name_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guarantees.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| promise |", "| figure |"))
]
PROMISES = [row for row in ROWS if len(row) == 3]
FIGURES = [row for row in ROWS if len(row) == 4]
COMMAND = re.compile(r"`python -m benchmarks\.nemesis(?:\.(\w+))?(?: \d+)+`")


def test_every_row_has_its_columns() -> None:
    assert len(PROMISES) > 10
    assert len(FIGURES) > 5
    assert [row for row in ROWS if row not in PROMISES + FIGURES or not all(row)] == []


@pytest.mark.parametrize("row", PROMISES, ids=name_of)
def test_every_promise_is_held_by_tests_that_are_there(row: list[str]) -> None:
    proofs = PROOF.findall(row[2])

    assert proofs != []
    assert [(sentence, path) for sentence, path in proofs if not is_there(sentence, path)] == []
    assert len(proofs) == row[2].count("](")


@pytest.mark.parametrize("row", FIGURES, ids=name_of)
def test_every_figure_has_a_command(row: list[str]) -> None:
    command = COMMAND.fullmatch(row[3])

    assert command is not None
    assert (ROOT / "benchmarks" / "nemesis" / f"{command[1] or '__main__'}.py").is_file()

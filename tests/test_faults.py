"""docs/faults.md says nothing that no test proves, and leaves no test of a fault out."""

import re
from pathlib import Path

import pytest

from tests.test_comparison import PROOF, is_there

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| fault |")
]


def name_of(row: list[str]) -> str:
    return row[0].strip("| ")


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_row_is_proved_by_tests_that_are_there(row: list[str]) -> None:
    _, _, proofs = row
    named = PROOF.findall(proofs)

    assert named
    assert len(named) == proofs.count("](")
    assert [(sentence, path) for sentence, path in named if not is_there(sentence, path)] == []


def test_every_test_of_a_fault_has_its_row() -> None:
    tests = {
        (name.replace("_", " "), path.relative_to(ROOT).as_posix())
        for path in ROOT.glob("tests/faults/test_*.py")
        for name in re.findall(r"(?m)^(?:async )?def test_(\w+)\(", path.read_text(encoding="utf-8"))
    }

    assert tests - set(PROOF.findall(PAGE.read_text(encoding="utf-8"))) == set()

"""docs/comparison.md claims nothing that no test proves."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "comparison.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| feature |", "| defect |"))
]
FEATURES = [row for row in ROWS if len(row) == 5]
DEFECTS = [row for row in ROWS if len(row) == 3]
PROOF = re.compile(r"\[([^\]]+)\]\(\.\./(tests/[^)]+\.py)\)")


def name_of(row: list[str]) -> str:
    return row[0]


def is_there(sentence: str, path: str) -> bool:
    """Whether the test that is named by *sentence* stands in the file *path*."""
    name = "test_" + sentence.replace(" ", "_")
    file = ROOT / path
    return (
        file.is_file() and re.search(rf"(?m)^ *(?:async )?def {name}\(", file.read_text(encoding="utf-8")) is not None
    )


def test_every_row_has_its_columns() -> None:
    assert len(FEATURES) > 90
    assert len(DEFECTS) > 10
    assert [row for row in ROWS if row not in FEATURES + DEFECTS or not all(row)] == []


@pytest.mark.parametrize("row", FEATURES, ids=name_of)
def test_a_feature_is_there_or_is_not_or_says_what_is_missing(row: list[str]) -> None:
    assert re.fullmatch(r"yes|(?:no|partly): \S.{5,}", row[1])


@pytest.mark.parametrize("row", [row for row in FEATURES if row[1] == "yes"] + DEFECTS, ids=name_of)
def test_what_is_claimed_is_proved(row: list[str]) -> None:
    proofs = row[3] if len(row) == 5 else row[2]

    assert PROOF.search(proofs)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_proof_is_a_test_that_is_there(row: list[str]) -> None:
    proofs = PROOF.findall(" ".join(row))

    assert [(sentence, path) for sentence, path in proofs if not is_there(sentence, path)] == []
    assert len(proofs) == " ".join(row).count("](")

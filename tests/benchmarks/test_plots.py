"""The page and the pictures of a record of figures."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from benchmarks.__main__ import QUESTIONS
from benchmarks.frame.finding import Goal
from benchmarks.plots import Record, page, picture, read


@pytest.fixture
def records() -> list[Record]:
    drain = Record(
        question="drain",
        figure="rate",
        unit="jobs/s",
        goal=Goal(of="ratio", at_least=0.8),
        value=20_000,
        rounds=[19_000, 20_000, 21_000],
        peer="raw, <batch> 500",
        peer_value=40_000,
        ratio=0.5,
        met=False,
        at="2026-01-01",
        machine="2 cores",
        noise={"compute": 0.1},
        load=1.5,
        settings={"shared_buffers": "512MB", "max_wal_size": "4GB", "rounds": 3, "jobs": 100},
        versions={"postgresql": "18", "python": "3.11"},
    )
    alone = msgspec.structs.replace(
        drain, question="idle", peer=None, peer_value=None, ratio=None, goal=Goal(of="value", at_most=60), met=True
    )
    return [drain, alone]


def test_a_page_says_what_was_found_and_whether_that_will_do(records: list[Record]) -> None:
    text = page(records)

    assert "on 2026-01-01: 2 cores" in text
    assert "| rate | 20,000 jobs/s | raw, <batch> 500 | 40,000 | 0.50 | ratio ≥ 0.8 | **not met** |" in text
    assert "| rate | 20,000 jobs/s |  |  |  | ≤ 60 | met |" in text
    assert "`python -m benchmarks.drain`" in text
    # What stands alone has no picture.
    assert [line for line in text.splitlines() if line.startswith("![")] == ["![drain](drain.svg)"]


def test_a_picture_has_a_bar_as_long_as_its_figure(records: list[Record]) -> None:
    drawn = ET.fromstring(picture(records[:1]))

    _, ours, theirs = (float(bar.attrib["width"].rstrip("%")) for bar in drawn.findall(".//{*}rect"))
    assert ours == pytest.approx(theirs / 2, abs=0.1)
    assert "2026-01-01, 2 cores" in [text.text for text in drawn.findall(".//{*}text")]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_says_by_which_command_it_is_asked(name: str) -> None:
    module = sys.modules[QUESTIONS[name].ask.__module__]

    assert module.__name__ == f"benchmarks.{name}"
    assert f"python -m benchmarks.{name}." in " ".join((module.__doc__ or "").split())


def test_a_record_is_read_in_the_order_of_the_questions(records: list[Record], tmp_path: Path) -> None:
    lines = tmp_path / "figures.jsonl"
    lines.write_bytes(b"\n".join(msgspec.json.encode(record) for record in reversed(records)))

    assert read(lines) == records

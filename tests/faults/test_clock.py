"""Clocks that differ, jump, and pass the odd days of a calendar."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALL_CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def test_nothing_of_the_queue_asks_a_workers_own_clock_for_the_time_of_day() -> None:
    asked = [
        f"{path.name}: {call}"
        for path in sorted((ROOT / "fleet" / "queue").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (call := ast.unparse(node.func)).removeprefix("datetime.") in WALL_CLOCKS
    ]

    assert asked == []

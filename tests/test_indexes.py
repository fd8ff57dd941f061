"""Every index of the application's tables serves the statement that it names."""

import re

import pytest

from fleet.db import Connection
from fleet.sql import ROOT, statement

MIGRATION = (ROOT / "migrations" / "0002_application.sql").read_text(encoding="utf-8")
SERVES = {
    "codebases_address": "analysis/codebase",
    "user_analysis_history_age": "retention/expired_history",
    "user_analysis_history_analysis": "retention/orphaned_analyses",
    "documents_analysis": "retention/orphaned_analyses",
    "documents_age": "retention/expired_documents",
}


def test_no_index_is_left_out() -> None:
    assert set(re.findall(r"create (?:unique )?index (\w+)", MIGRATION)) == set(SERVES)


@pytest.mark.parametrize(("index", "serves"), SERVES.items())
async def test_an_index_serves_its_statement(conn: Connection, index: str, serves: str) -> None:
    parameters = (await conn.prepare(statement(serves))).get_parameters()
    nothing = f"({', '.join(['null'] * len(parameters))})" if parameters else ""
    # The tables are empty, so only the question whether the index can serve is asked.
    await conn.execute(
        "set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan"
    )
    await conn.execute(f"prepare asked as {statement(serves)}")

    plan = "\n".join(row[0] for row in await conn.fetch(f"explain execute asked{nothing}"))

    assert re.search(rf"\b{index}\b", plan), plan

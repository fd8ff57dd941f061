"""Every index of the application's tables serves the statement that it names."""

import re

import pytest

from fleet.db import Connection
from fleet.sql import ROOT, statement

MIGRATION = "".join(
    (ROOT / "migrations" / f"{name}.sql").read_text(encoding="utf-8")
    for name in ("0002_application", "0011_identity", "0013_model")
)
# The statement, and what of its plan says that the index does its part; a scan in order leaves nothing to sort.
SERVES = {
    "codebases_address": ("analysis/codebase", r"Arbiter Indexes: codebases_address\b"),
    "codebases_external_id": (
        "analysis/find_seen",
        r" codebases_external_id\b[^\n]*\n\s+Index Cond: \(\(host = \$1\) AND \(external_id = \$2\)\)",
    ),
    "user_analysis_history_age": ("retention/expired_history", r"\A(?!.*\bSort\b).* user_analysis_history_age\b"),
    "user_analysis_history_analysis": (
        "retention/orphaned_analyses",
        r" user_analysis_history_analysis\b[^\n]*\n\s+Index Cond: \(analysis_id = analysis.id\)",
    ),
    "documents_analysis": (
        "retention/orphaned_analyses",
        r" documents_analysis\b[^\n]*\n\s+Index Cond: \(analysis_id = analysis.id\)",
    ),
    "model_answers_age": ("retention/old_model_answers", r"\A(?!.*\bSort\b).* model_answers_age\b"),
    "model_requests_job": ("specgen/spent_by_job", r" model_requests_job\b[^\n]*\n\s+Index Cond: \(job_id = \$1\)"),
    "model_requests_age": ("retention/old_model_requests", r"\A(?!.*\bSort\b).* model_requests_age\b"),
    "documents_age": ("retention/expired_documents", r"\A(?!.*\bSort\b).* documents_age\b"),
}


def test_no_index_is_left_out() -> None:
    assert set(re.findall(r"create (?:unique )?index (\w+)", MIGRATION)) == set(SERVES)


@pytest.mark.parametrize(("serves", "part"), SERVES.values(), ids=SERVES)
async def test_an_index_serves_its_statement(conn: Connection, serves: str, part: str) -> None:
    parameters = (await conn.prepare(statement(serves))).get_parameters()
    nothing = f"({', '.join(['null'] * len(parameters))})" if parameters else ""
    # The tables are empty, so only the question whether the index can serve is asked.
    await conn.execute(
        "set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan"
    )
    await conn.execute(f"prepare asked as {statement(serves)}")

    plan = "\n".join(row[0] for row in await conn.fetch(f"explain execute asked{nothing}"))

    assert re.search(part, plan, re.DOTALL), plan

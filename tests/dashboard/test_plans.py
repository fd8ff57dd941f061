"""What the pages ask is answered from an index, and bounded."""

import re
from pathlib import Path

import pytest

from fleet.db import Connection
from fleet.sql import ROOT, statement

# The statement, and what of its plan says that the index does its part.
SERVES = {
    "job_minute_pkey": ("ended_by_minute", r" job_minute_pkey\b[^\n]*\n\s+Index Cond: \(at >= "),
    "job_hour_pkey": ("ended_by_hour", r" job_hour_pkey\b[^\n]*\n\s+Index Cond: \(at >= "),
    "job_hour_pkey for a search": ("busy_hours", r" job_hour_pkey\b[^\n]*\n\s+Index Cond: \(\(at >= "),
    "failure_hour_at": ("failures", r" failure_hour_at\b[^\n]*\n\s+Index Cond: \(at >= "),
    "failure_hour_pkey": ("failures", r"failure_hour_pkey\b[^\n]*\n\s+Index Cond: \(\(kind = [^\n]*sentence = "),
    "depth_minute_pkey": ("depths", r" depth_minute_pkey\b[^\n]*\n\s+Index Cond: \(at = "),
    "job_pkey": ("live_jobs", r" job_pkey\b[^\n]*\n\s+Index Cond: \(id < "),
    "job_ready": ("queues", r" job_ready\b[^\n]*\n\s+Index Cond: \(queue = "),
    "job_running": ("workers", r" job_running\b[^\n]*\n\s+Index Cond: \(worker = "),
    "job_history_finished": ("finished_jobs", r"(job_history\w*finished\w*)[^\n]*\n\s+Index Cond: \(\(finished_at >= "),
    "job_history_pkey": ("job", r" job_history\w*pkey[^\n]*\n\s+Index Cond: \(id = "),
    "operator_action_pkey": ("actions", r" Backward using operator_action_pkey\b[^\n]*\n\s+Index Cond: \(id < "),
    "cron_run_pkey": ("cron_runs", r" Backward using cron_run_pkey\b"),
}
# What is kept from the planner elsewhere: in tables as small as these, another way is as good.
OTHERWISE = {"failures": ("seqscan", "bitmapscan"), "finished_jobs": ("seqscan", "indexscan")}
# They answer one row, or are bounded by the ids, the span of time or the task that they are about.
UNLIMITED = {
    *("analysis", "cancel", "document", "freshness", "health", "pause", "pulse", "record", "reprioritise", "resume"),
    *("retry", "roll_up", "why"),
}


@pytest.mark.parametrize(("serves", "part"), SERVES.values(), ids=SERVES)
async def test_an_index_serves_its_statement(conn: Connection, serves: str, part: str) -> None:
    asked = statement(f"dashboard/{serves}")
    parameters = (await conn.prepare(asked)).get_parameters()
    nothing = f"({', '.join(['null'] * len(parameters))})" if parameters else ""
    # The tables are empty, so only the question whether the index can serve is asked.
    off = OTHERWISE.get(serves, ("seqscan", "bitmapscan", "sort", "hashagg", "hashjoin", "mergejoin"))
    await conn.execute(
        "".join(f"set enable_{what} = off;" for what in off) + "set plan_cache_mode = force_generic_plan"
    )
    if serves == "finished_jobs":
        # In a table as small as this one, its key serves as well.
        await conn.execute("alter table fleet.job_history drop constraint job_history_pkey")
    await conn.execute(f"prepare asked as {asked}")

    plan = "\n".join(row[0] for row in await conn.fetch(f"explain execute asked{nothing}"))

    assert re.search(part, plan, re.DOTALL), plan


@pytest.mark.parametrize("path", sorted((ROOT / "dashboard").glob("*.sql")), ids=lambda path: path.stem)
def test_a_statement_has_a_limit(path: Path) -> None:
    has_limit = re.search(
        r"\n\s*limit (\d+|\$\d+)\n|from \S+ as \w+ (order by \S+ )?limit \d+$", path.read_text("utf-8")
    )

    assert (has_limit is None) == (path.stem in UNLIMITED)

"""The second task of a cron: the coming days' partitions."""

import pytest

from fleet.db import Pool
from tests.processes.conftest import Start

pytestmark = pytest.mark.usefixtures("migrated")

DAYS = "select count(*) from pg_class where relname ~ '^(job_history|attempt)_[0-9]{8}$'"


async def test_it_makes_the_coming_days_drops_none_and_is_on_record(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await pool.execute(
        "create table fleet.job_history_20200101 partition of fleet.job_history"
        " for values from ('2020-01-01 00:00Z') to ('2020-01-02 00:00Z')"
    )
    before = await pool.fetchval(DAYS)

    process = await start("partitions", settings=required["partitions"] | {"PARTITION_DAYS": "20"})

    assert await process.exit_code() == 0, process.text()
    [line] = process.events()
    assert (line["message"], line["task"], line["outcome"]) == ("cron.ended", "partitions", "done")
    assert line["made"] > 0
    assert await pool.fetchval(DAYS) == before + line["made"]
    assert await pool.fetchval("select counts->>'made' from fleet.cron_run") == str(line["made"])

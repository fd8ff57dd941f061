"""Open pages are told what changes, and the dashboard ends when it is asked to."""

import signal
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import connect
from tests.dashboard.conftest import Dashboard, serve
from tests.roles.guarded import Guarded

SOON = timedelta(seconds=15)


async def test_a_page_that_is_open_is_told_when_a_job_comes(dashboard: Dashboard) -> None:
    news: list[dict[str, int]] = []
    with anyio.fail_after(SOON.total_seconds()):
        async with (
            connect(dashboard.guarded.database.url, application="fleet-tests") as connection,
            dashboard.client.stream("GET", "/events", headers={"accept": "text/event-stream"}) as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                news.append(msgspec.json.decode(line.removeprefix("data: ")))
                if len(news) == 1:
                    await connection.execute("select fleet.enqueue('mail')")
                elif news[-1]["jobs"] > news[0]["jobs"]:
                    break

    assert set(news[0]) == {"jobs", "workers", "records", "sums"}


async def test_a_dashboard_with_open_pages_ends_soon_and_in_order(
    seeded: tuple[Guarded, object], tmp_path: Path
) -> None:
    async with serve(seeded[0], tmp_path / "log") as dashboard:
        with anyio.fail_after(SOON.total_seconds()):
            async with dashboard.client.stream("GET", "/events") as stream:
                lines = stream.aiter_lines()
                await anext(lines)
                dashboard.started.kill(signal.SIGTERM)
                # To its end: a stream that is cut off raises.
                rest = [line async for line in lines]
            code = await dashboard.started.exit_code()

        assert code == 0, dashboard.started.text()
        assert rest[-1] == ""
        assert [event["message"] for event in dashboard.started.events()] == ["dashboard.listening", "process.stopping"]


async def test_a_database_that_is_gone_is_said_and_comes_back(seeded: tuple[Guarded, object], tmp_path: Path) -> None:
    guarded = seeded[0]
    async with serve(guarded, tmp_path / "log") as dashboard:
        await dashboard.text("/queues")
        elsewhere = urlsplit(guarded.database.url.reveal())._replace(path="/postgres").geturl()
        async with connect(DatabaseUrl(elsewhere), application="fleet-tests") as admin:
            await admin.execute(f'alter database "{guarded.database.name}" allow_connections false')
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                f" where application_name = 'fleet-dashboard' and datname = '{guarded.database.name}'"
            )
            gone = await dashboard.get("/queues")
            probes = [(await dashboard.get(probe)).status_code for probe in ("/livez", "/readyz")]
            await admin.execute(f'alter database "{guarded.database.name}" allow_connections true')
        with anyio.fail_after(SOON.total_seconds()):
            while (back := await dashboard.get("/queues")).status_code != 200:  # only it knows
                await anyio.lowlevel.checkpoint()

    assert gone.status_code == 503
    assert "The database" in gone.text
    assert probes == [200, 503]
    assert back.status_code == 200


async def test_a_user_without_the_role_is_told_which_one_is_missing(
    seeded: tuple[Guarded, object], tmp_path: Path
) -> None:
    async with serve(seeded[0], tmp_path / "log", role="fleet_retention_cleanup") as dashboard:
        answer = await dashboard.get("/queues")

    assert answer.status_code == 503
    assert "fleet_operator" in answer.text

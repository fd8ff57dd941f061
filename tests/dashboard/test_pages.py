"""Each page answers, from a real process as the operators' role, and shows what is in the database."""

import html
import re

import pytest

from tests.dashboard.conftest import Dashboard
from tests.dashboard.seeds import HOSTILE

PAGES = [
    "/",
    "/queues",
    *(f"/queues?span={span}" for span in ("1h", "24h", "7d", "30d")),
    "/queues/mails",
    "/workers",
    "/running",
    "/failures",
    "/failures?span=7d&kind=mail",
    "/jobs",
    "/jobs?state=failed&kind=mail",
    "/jobs?args=%7B%22number%22%3A%2017%7D",
    "/analyses",
    "/analyses/1",
    "/analyses/1/1",
    "/documents",
    "/documents/1",
    "/cron",
    "/cron/retention-cleanup",
    "/actions",
]


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_answers(dashboard: Dashboard, address: str) -> None:
    text = await dashboard.text(address)

    assert re.search(r"<h1>.+</h1>", text)


@pytest.mark.parametrize("which", ["running", "stuck", "scheduled", "unserved", "held", "hostile", "failed", "done"])
async def test_the_page_of_a_job_says_why_and_tells_its_story(dashboard: Dashboard, which: str) -> None:
    text = await dashboard.text(f"/jobs/{dashboard.jobs[which]}")

    assert f"<h1>Job {dashboard.jobs[which]}" in text
    assert "enqueued" in text


async def test_why_a_job_is_not_running_is_the_first_thing_its_page_says(dashboard: Dashboard) -> None:
    held = await dashboard.text(f"/jobs/{dashboard.jobs['held']}")
    unserved = await dashboard.text(f"/jobs/{dashboard.jobs['unserved']}")
    scheduled = await dashboard.text(f"/jobs/{dashboard.jobs['scheduled']}")

    assert "has 1 of 1 jobs of queue analysis_default ready or running" in held
    assert "no live worker serves queue specview_default" in unserved
    assert "it is due in 00:3" in scheduled
    assert held.index("has 1 of 1 jobs") < held.index("Story") < held.index("Arguments")


async def test_a_job_that_nobody_knows_is_told_to_be_unknown(dashboard: Dashboard) -> None:
    for number in ("987654321", str(2**63 - 1)):
        answer = await dashboard.get(f"/jobs/{number}")
        assert answer.status_code == 404
        assert f"no job has the id {number}" in answer.text


async def test_what_fails_most_is_grouped_with_when_it_began(dashboard: Dashboard) -> None:
    page = await dashboard.text("/failures?span=7d")

    assert page.count("<b>SMTPError</b> recipient # refused") == 1
    assert "<b>RepositoryUnavailable</b> the host did not hand the repository over" in page
    assert len(re.findall(r'data-label="First seen"><time', page)) == 3


async def test_a_worker_that_died_comes_first_and_says_so(dashboard: Dashboard) -> None:
    page = await dashboard.text("/workers")

    assert "2 of 3 need a look" in page
    assert "dead: its lease ran out, and the next claim rescues its 1 job" in page
    assert page.index("replica-3") < page.index("replica-1")
    assert "412 MB" in page
    assert "analysis_default</a> (8)" in page


async def test_what_last_nights_cleanup_did_is_told_by_step(dashboard: Dashboard) -> None:
    page = await dashboard.text("/cron")

    assert re.search(r"410 history", page)
    assert "2 job days" in page
    assert "QueryCanceledError" in await dashboard.text("/cron/retention-cleanup")


async def test_progress_is_shown_as_far_as_a_job_has_come(dashboard: Dashboard) -> None:
    assert '<progress max="5000" value="1234">' in await dashboard.text("/running")


async def test_the_trace_of_a_job_is_there_to_be_copied(dashboard: Dashboard) -> None:
    page = await dashboard.text(f"/jobs/{dashboard.jobs['done']}")

    assert re.search(r"<dt>Trace</dt><dd><code>[0-9a-f]{32}</code>", page)
    assert f'"job": {dashboard.jobs["done"]}' in page.replace("&#34;", '"')


@pytest.mark.parametrize(
    ("asked", "leads"),
    [("42", "/jobs/42"), ("#42", "/jobs/42"), ("user-7", "/jobs?key=user-7"), (" a b ", "/jobs?key=a+b")],
)
async def test_the_field_at_the_top_takes_a_number_or_a_key(dashboard: Dashboard, asked: str, leads: str) -> None:
    answer = await dashboard.client.get("/go", params={"q": asked})

    assert (answer.status_code, answer.headers["location"]) == (303, leads)


class TestSearch:
    async def jobs(self, dashboard: Dashboard, query: str) -> list[int]:
        """All that a search finds, page after page: a busy machine looks less far at a time."""
        address: str | None = f"/jobs?{query}"
        met: list[int] = []
        while address:
            page = await dashboard.text(address)
            met += [int(number) for number in re.findall(r'data-label="Job"><a href="/jobs/(\d+)"', page)]
            more = re.search(r'rel="next" href="([^"]+)"', page)
            address = html.unescape(more[1]) if more else None
        return met

    async def test_finished_jobs_are_found_by_kind_and_state_the_latest_first_and_each_once(
        self, dashboard: Dashboard
    ) -> None:
        found = await self.jobs(dashboard, "kind=mail&state=failed")

        # n % 3 = 2 is a mail, n % 17 = 0 failed; the first is the latest.
        assert found == [100_000 + n for n in range(1, 3001) if n % 3 == 2 and n % 17 == 0]

    async def test_by_arguments(self, dashboard: Dashboard) -> None:
        assert await self.jobs(dashboard, 'state=ended&args={"number": 2712}') == [102_712]

    async def test_by_key(self, dashboard: Dashboard) -> None:
        found = await self.jobs(dashboard, "key=user-7&state=ended")

        assert found == [100_000 + n for n in range(3, 3001, 3)]

    async def test_by_time(self, dashboard: Dashboard) -> None:
        assert await self.jobs(dashboard, "before=2020-01-01T00:00") == []
        assert await self.jobs(dashboard, "after=2199-01-01T00:00") == []

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("args=[1]", "a JSON object that they contain"),
            ("args={", "a JSON object that they contain"),
            ('args={"a": "\\u0000"}', "a JSON object that they contain"),
            ("after=yesterday", "a time is one in UTC"),
            ("before=0001-01-01", "a time is one in UTC"),
            ("state=sleeping", "a state is one of those"),
            ("kind=" + "x" * 2000, "no more than a thousand"),
        ],
    )
    async def test_what_makes_no_sense_is_said_in_a_sentence(
        self, dashboard: Dashboard, query: str, sentence: str
    ) -> None:
        assert sentence in await dashboard.text(f"/jobs?{query}")


async def test_a_behaviour_leads_to_the_line_of_its_test_at_the_commit(dashboard: Dashboard) -> None:
    page = await dashboard.text("/documents/1")

    assert f'href="https://github.com/psf/requests/blob/{"ab" * 20}/tests/test_api.py#L20"' in page


@pytest.mark.parametrize(
    "address",
    [
        "/jobs/x",
        "/jobs/-1",
        "/jobs/99999999999999999999",
        "/jobs?part=live&rest=x",
        "/jobs?part=ended&rest=x",
        "/jobs?part=ended&rest=2026-01-01T00:00~1",
        "/queues/nowhere",
        "/queues/%00",
        "/running?worker=x",
        "/cron/no-such-task",
        "/analyses/99",
        "/analyses/1/99",
        "/documents/99",
        "/actions?below=x",
        "/nowhere",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
async def test_what_is_not_there_is_not_found(dashboard: Dashboard, address: str) -> None:
    answer = await dashboard.get(address)

    assert answer.status_code in {400, 404}, answer.text


PLACES = [
    "/jobs?state=waiting",
    "/analyses",
    "/analyses/2",
    "/analyses/2/2",
    "/documents",
    "/documents/2",
    "/queues",
    "/",
]


@pytest.mark.parametrize("address", [*PLACES, "hostile", "/queues/specview_default"])
async def test_nothing_that_strangers_name_becomes_part_of_a_page(dashboard: Dashboard, address: str) -> None:
    page = await dashboard.text(f"/jobs/{dashboard.jobs['hostile']}" if address == "hostile" else address)

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>again</b>" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/fleet.js" defer>']
    assert not re.search(r'href="\s*javascript:', page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert "49" not in re.findall(r"\{\{7\*7\}\}|49(?=&#34;)", page)


async def test_a_name_is_shown_as_it_is_written(dashboard: Dashboard) -> None:
    page = await dashboard.text("/analyses/2/2")

    assert html.unescape(page).count(HOSTILE) >= 2

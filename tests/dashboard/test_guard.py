"""Who may look and who may act: names, tokens, sessions and forms."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.dashboard.conftest import TOKEN, Dashboard, serve
from tests.roles.guarded import Guarded

HOST = "127.0.0.1"


async def test_every_answer_lets_nothing_in_from_elsewhere(dashboard: Dashboard) -> None:
    for address in ("/", "/static/fleet.css", "/nowhere", "/jobs/1"):
        headers = (await dashboard.get(address)).headers
        assert "default-src 'none'" in headers["content-security-policy"], address
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[bad"])
async def test_a_name_that_somebody_points_at_this_machine_is_refused(dashboard: Dashboard, host: str) -> None:
    answer = await dashboard.get("/jobs", host=host)

    assert answer.status_code in {400, 421}
    assert "Jobs" not in answer.text


@pytest.mark.parametrize("host", ["localhost:1234", "LOCALHOST", "[::1]:80"])
async def test_the_names_of_this_machine_are_its_own(dashboard: Dashboard, host: str) -> None:
    assert (await dashboard.get("/jobs", host=host)).status_code == 200


async def test_a_platform_is_told_that_it_lives_under_any_name_and_without_the_token(
    seeded: tuple[Guarded, object], tmp_path: Path
) -> None:
    async with serve(seeded[0], tmp_path / "log", DASHBOARD_TOKEN=TOKEN) as dashboard:
        for probe in ("/livez", "/readyz"):
            answer = await dashboard.get(probe, host="healthcheck.platform.example")
            assert (answer.status_code, answer.text) == (200, "ok\n")
            assert "set-cookie" not in answer.headers
        assert (await dashboard.client.post("/livez")).status_code == 405


class TestForms:
    async def test_a_form_of_no_page_of_the_session_is_refused(self, dashboard: Dashboard) -> None:
        fields = {"what": "pause", "queue": "mails", "why": "attack"}

        for more in ({}, {"word": "0" * 64}):
            answer = await dashboard.client.post("/act/do", data={**fields, **more})
            assert answer.status_code == 403

    @pytest.mark.parametrize(
        "header", [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
    )
    async def test_a_form_that_another_site_sent_is_refused(self, dashboard: Dashboard, header: dict[str, str]) -> None:
        fields = {"word": await dashboard.word(), "what": "pause", "queue": "mails", "why": "attack"}

        answer = await dashboard.client.post("/act/do", data=fields, headers=header)

        assert answer.status_code == 403

    async def test_the_word_of_one_session_is_of_no_use_in_another(self, dashboard: Dashboard) -> None:
        word = await dashboard.word()
        async with httpx2.AsyncClient(base_url=dashboard.url) as other:
            await other.get("/")
            answer = await other.post("/act/do", data={"word": word, "what": "pause", "queue": "mails", "why": "x"})

        assert answer.status_code == 403

    async def test_a_form_as_large_as_a_book_is_not_read(self, dashboard: Dashboard) -> None:
        assert (await dashboard.client.post("/act/do", content=b"x" * (1 << 21))).status_code == 413

    @pytest.mark.parametrize("body", [b"a=%00", b"\xff\xfe", b"&".join([b"a=1"] * 30_000)])
    async def test_what_is_no_form_is_refused(self, dashboard: Dashboard, body: bytes) -> None:
        assert (await dashboard.client.post("/act/do", content=body)).status_code == 400


class TestToken:
    async def test_who_has_no_token_sees_nothing(self, seeded: tuple[Guarded, object], tmp_path: Path) -> None:
        async with serve(seeded[0], tmp_path / "log", DASHBOARD_TOKEN=TOKEN) as dashboard:
            page = await dashboard.get("/jobs?kind=mail")
            program = await dashboard.get("/jobs", accept="*/*")
            events = await dashboard.get("/events", accept="text/event-stream")
            wrong = await dashboard.get("/jobs", authorization="Bearer wrong", accept="*/*")
            right = await dashboard.get("/jobs", authorization=f"Bearer {TOKEN}")

        assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fjobs%3Fkind%3Dmail")
        assert (program.status_code, events.status_code, wrong.status_code) == (401, 401, 401)
        assert (right.status_code, "set-cookie" in right.headers) == (200, False)

    async def test_who_shows_it_once_is_known_by_a_cookie_that_no_script_reads(
        self, seeded: tuple[Guarded, object], tmp_path: Path
    ) -> None:
        async with serve(seeded[0], tmp_path / "log", DASHBOARD_TOKEN=TOKEN) as dashboard:
            word = (await dashboard.get("/login?next=/cron")).text.partition('name="word" value="')[2][:64]
            fields = {"word": word, "name": "bob", "next": "/cron"}
            wrong = await dashboard.client.post("/login", data={**fields, "token": "no"})
            right = await dashboard.client.post("/login", data={**fields, "token": TOKEN})
            page = await dashboard.get("/cron")
            forged = await dashboard.get("/cron", cookie="fleet_session=e30.00")

        assert (wrong.status_code, right.status_code, right.headers["location"]) == (403, 303, "/cron")
        cookie = right.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
        assert page.status_code == 200
        assert "You act as <b>bob</b>" in page.text
        assert forged.status_code == 303

    @pytest.mark.parametrize(
        "away", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
    )
    async def test_a_login_leads_to_pages_of_the_dashboard_alone(
        self, seeded: tuple[Guarded, object], tmp_path: Path, away: str
    ) -> None:
        async with serve(seeded[0], tmp_path / "log", DASHBOARD_TOKEN=TOKEN) as dashboard:
            word = (await dashboard.get("/login")).text.partition('name="word" value="')[2][:64]
            answer = await dashboard.client.post("/login", data={"word": word, "token": TOKEN, "next": away})

        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    async def test_a_dashboard_that_others_can_reach_does_not_start_without_one(
        self, seeded: tuple[Guarded, object], tmp_path: Path
    ) -> None:
        with pytest.raises(AssertionError, match="DASHBOARD_TOKEN is required"):
            async with serve(seeded[0], tmp_path / "log", DASHBOARD_HOST="0.0.0.0"):
                pass


async def test_a_dashboard_for_reading_offers_nothing_else_and_refuses_it(
    seeded: tuple[Guarded, dict[str, int]], tmp_path: Path
) -> None:
    shown = {"authorization": f"Bearer {TOKEN}"}
    async with serve(seeded[0], tmp_path / "log", DASHBOARD_READ_ONLY="1", DASHBOARD_TOKEN=TOKEN) as dashboard:
        page = (await dashboard.get(f"/jobs/{seeded[1]['held']}", **shown)).text
        other = (await dashboard.get("/queues", **shown)).text
        fields = {"what": "pause", "queue": "mails", "why": "in spite of it"}
        answer = await dashboard.client.post("/act/do", data=fields, headers=shown)

    assert '"/act"' not in page + other
    assert "For reading only." in page
    assert (answer.status_code, answer.text) == (403, "this dashboard is for reading only\n")


async def test_a_program_that_shows_the_token_needs_no_form(seeded: tuple[Guarded, object], tmp_path: Path) -> None:
    async with serve(seeded[0], tmp_path / "log", DASHBOARD_TOKEN=TOKEN, DASHBOARD_ACTOR="a program") as dashboard:
        fields = {"what": "resume", "queue": "mails", "why": "in case it is paused"}
        answer = await dashboard.client.post("/act/do", data=fields, headers={"authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 303


async def test_a_proxy_that_knows_says_who_acts(seeded: tuple[Guarded, object], tmp_path: Path) -> None:
    async with serve(seeded[0], tmp_path / "log", DASHBOARD_USER_HEADER="X-Forwarded-User") as dashboard:
        page = await dashboard.get("/", **{"x-forwarded-user": "carol <b>"})

    assert "You act as <b>carol &lt;b&gt;</b>" in page.text


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DASHBOARD_TOKEN": "short"}, "DASHBOARD_TOKEN must have at least 16 characters"),
        ({"DASHBOARD_PORT": "99999"}, "DASHBOARD_PORT must be a whole number"),
        ({"DASHBOARD_HOST": "no such host", "DASHBOARD_TOKEN": TOKEN}, "DASHBOARD_HOST and DASHBOARD_PORT cannot be"),
    ],
)
async def test_settings_that_make_no_sense_are_named(
    seeded: tuple[Guarded, object], tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AssertionError, match=sentence):
        async with serve(seeded[0], tmp_path / "log", **settings):
            pass

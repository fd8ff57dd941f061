"""The dashboard in a real browser: what people see, with the keyboard too, and what its policy keeps out."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from fleet.db import connect
from tests.chromium import needs_chromium, run_chromium
from tests.dashboard.conftest import Dashboard

pytestmark = needs_chromium

PICTURES = Path(__file__).parents[2] / "docs" / "dashboard"
DESK = {"width": 960, "height": 540}
PHONE = {"width": 360, "height": 640}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "is_mobile": True, "has_touch": True},
}


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with run_chromium() as browser:
        yield browser


@asynccontextmanager
async def opened(browser: Browser, **look: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page, and everything that the browser complains about."""
    context = await browser.new_context(**look)
    try:
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
        yield page, complaints
    finally:
        await context.close()


def shown(dashboard: Dashboard) -> dict[str, str]:
    return {
        "overview": "/",
        "queues": "/queues",
        "queue": "/queues/mails",
        "workers": "/workers",
        "running": "/running",
        "failures": "/failures?span=7d",
        "jobs": "/jobs",
        "job": f"/jobs/{dashboard.jobs['held']}",
        "failed-job": f"/jobs/{dashboard.jobs['failed']}",
        "analyses": "/analyses",
        "analysis": "/analyses/1",
        "documents": "/documents",
        "document": "/documents/1",
        "cron": "/cron",
        "cron-runs": "/cron/retention-cleanup",
        "actions": "/actions",
    }


@pytest.mark.parametrize("look", LOOKS)
async def test_no_page_is_wider_than_its_window_or_makes_the_browser_complain(
    dashboard: Dashboard, browser: Browser, look: str
) -> None:
    wide = {}
    async with opened(browser, **LOOKS[look]) as (page, complaints):
        for name, address in shown(dashboard).items():
            await page.goto(dashboard.url + address.removeprefix("/"), wait_until="load")
            over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                wide[name] = over
            if "FLEET_WRITE_PICTURES" in os.environ:
                await page.screenshot(path=PICTURES / f"{name}-{look}.png")

    assert wide == {}
    assert complaints == []


async def test_an_open_page_shows_what_comes_without_being_loaded_again(dashboard: Dashboard, browser: Browser) -> None:
    async with (
        connect(dashboard.guarded.database.url, application="fleet-tests") as connection,
        opened(browser, **LOOKS["light"]) as (page, complaints),
    ):
        await page.goto(f"{dashboard.url}queues/fresh_ones")
        await page.goto(f"{dashboard.url}queues")
        await page.get_by_role("status").get_by_text("Up to date").wait_for()
        await connection.execute("select fleet.enqueue('mail', queue => 'fresh_ones', delay => '1 h')")

        await page.get_by_role("link", name="fresh_ones").wait_for(timeout=15_000)

    # The queue that was not there yet.
    assert [text for text in complaints if "404" not in text] == []


async def test_jobs_are_cancelled_with_the_keyboard_alone(dashboard: Dashboard, browser: Browser) -> None:
    async with connect(dashboard.guarded.database.url, application="fleet-tests") as connection:
        job = await connection.fetchval("select id from fleet.enqueue('mail')")
        async with opened(browser, **LOOKS["light"]) as (page, complaints):
            await page.goto(dashboard.url)
            await page.keyboard.press("/")
            await page.keyboard.type(f"{job}")
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name=f"Job {job}").wait_for()
            await page.get_by_role("button", name="Cancel…").focus()
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="Cancel 1 job?").wait_for()
            # The field for the reason has the focus.
            await page.keyboard.type("tried with a keyboard")
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="What people did").wait_for()

        assert await connection.fetchval("select fleet.state_of($1)", job) == "cancelled"
        assert complaints == []


async def test_a_page_that_another_site_shows_or_sends_does_nothing(
    dashboard: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<iframe src="{dashboard.url}"></iframe><form id="f" method="post" action="{dashboard.url}act/do">'
        '<input name="what" value="pause"><input name="queue" value="mails"><input name="why" value="evil"></form>'
    )
    async with (
        connect(dashboard.guarded.database.url, application="fleet-tests") as connection,
        opened(browser, **LOOKS["light"]) as (page, complaints),
    ):
        await page.goto(dashboard.url)
        await page.goto(evil.as_uri())
        await page.evaluate("document.getElementById('f').submit()")
        await page.get_by_text("this form is not from a page of your session").wait_for()

        assert await connection.fetchval("select count(*) from fleet.queue where pause_reason = 'evil'") == 0

    assert any("frame-ancestors" in text for text in complaints)

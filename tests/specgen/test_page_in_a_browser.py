"""The page of a document as a browser shows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from fleet.specgen.document import Document
from fleet.specgen.render_html import render_html
from tests.chromium import needs_chromium, run_chromium
from tests.specgen.documents import HOSTILE, behaviour, document

pytestmark = needs_chromium


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with run_chromium() as browser:
        yield await browser.new_page(viewport={"width": 390, "height": 844})


async def show(page: Page, folder: Path, shown: Document) -> None:
    file = folder / "page.html"
    file.write_text(render_html(shown), encoding="utf-8")
    await page.goto(file.as_uri())


async def test_the_search_leaves_what_has_all_the_words(page: Page, tmp_path: Path) -> None:
    await show(page, tmp_path, document(behaviour("Adds prices"), behaviour("Adds up"), behaviour("Rounds prices")))

    await page.fill("input", "ADDS  prices")

    assert [await item.inner_text() for item in await page.query_selector_all("main li:not([hidden]) bdi")] == [
        "Adds prices"
    ]

    await page.fill("input", "nothing of it")

    assert await page.query_selector_all("main section:not([hidden])") == []


async def test_no_name_of_a_repository_does_anything(page: Page, tmp_path: Path) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda message: seen.append(message.text))
    texts = [text for text in HOSTILE if len(text) < 300]

    for text in texts:
        await show(page, tmp_path, document(behaviour(text, path=text), domain=text, feature=text, overview=text))
        assert await page.evaluate("document.querySelectorAll('main li').length") == 1

    assert set(seen) == {(tmp_path / "page.html").as_uri()}


async def test_a_page_fits_a_phone_and_is_reached_by_keyboard(page: Page, tmp_path: Path) -> None:
    await show(page, tmp_path, document(behaviour("x" * 290), behaviour("a_very_" * 40), feature="y" * 200))

    too_wide = (
        "[document.documentElement, ...document.querySelectorAll('main *')].filter(e => e.scrollWidth > 390).length"
    )
    assert await page.evaluate(too_wide) == 0

    await page.keyboard.press("Tab")

    assert await page.evaluate("document.activeElement.className") == "skip"

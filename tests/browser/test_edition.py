"""The page of an edition in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.windows import window
from tests.publishing import Desk as Newsroom
from tests.web.served import served

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]
#: Left edges of the briefs.
_EDGES = "[...document.querySelectorAll('.brief')].map(one => one.getBoundingClientRect().left)"


@pytest.mark.parametrize("wide", [390, 768, 1200])
def test_what_stands_behind_a_brief_opens_without_moving_another_aside(
    tmp_path: Path, browser: Browser, wide: int
) -> None:
    with served(tmp_path, name="Ostra Desk", web="http://127.0.0.1") as web:
        Newsroom(web.store).first()
        page = window(browser, viewport={"width": wide, "height": 800}).new_page()
        page.goto(f"http://127.0.0.1:{web.port}/")
        before = page.evaluate(_EDGES)
        for summary in page.locator(".brief summary").all():
            summary.click()
            assert page.evaluate(_EDGES) == before
        assert len(before) > 1
        assert page.evaluate("document.documentElement.scrollWidth") <= wide

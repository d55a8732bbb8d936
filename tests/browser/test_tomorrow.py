"""The page of tomorrow before an editor's eyes: wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import findings
from tests.browser.windows import window
from tests.newsday import HARBOR, RIVER, STRAIT
from tests.web.admin.steering import PATH, Steering, steering

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]
#: On the machine itself a session needs no https.
PLAIN = "http://127.0.0.1"


def opened(
    at: Steering, browser: Browser, *, wide: int, colors: Literal["light", "dark"] = "light"
) -> Page:
    size = {"width": wide, "height": 1000}
    context = window(browser, viewport=size, color_scheme=colors)
    name, _, value = at.session.cookies["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": PLAIN}])
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{at.web.port}{PATH}")
    return page


def test_an_editor_pins_drops_and_moves_with_the_keyboard_and_undoes_it(
    tmp_path: Path, browser: Browser
) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        page = opened(at, browser, wide=1200)
        expect(page.get_by_role("heading", level=1)).to_have_text("Tomorrow’s page")
        picture = page.locator(".proofsheet img")
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        page.get_by_label(f"Place of: {RIVER[0]}").select_option("Top story")
        page.get_by_label(f"Place of: {HARBOR[0]}").select_option("Drop")
        page.get_by_label(f"Section of: {STRAIT[0]}").select_option("Diplomacy")
        page.get_by_role("button", name="Lay out again").press("Enter")
        expect(page.get_by_text("Laid out again.")).to_be_visible()
        assert HARBOR[0] not in at.printed
        expect(page.locator("select.chosen")).to_have_count(3)
        red = page.locator(".decided").first
        assert red.evaluate("one => getComputedStyle(one).fontWeight") == "600"
        page.get_by_role("button", name="Undo: Dropped by ada").click()
        expect(page.locator("select.chosen")).to_have_count(2)
        assert HARBOR[0] in at.printed
        page.get_by_label(f"Place of: {STRAIT[0]}").select_option("Top story")
        page.get_by_role("button", name="Lay out again").click()
        expect(page.get_by_role("alert")).to_contain_text("Two stories are to open the page")
        assert findings(page) == []


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("wide", [1200, 768, 320])
def test_nobody_is_kept_out_and_nothing_scrolls_sideways(
    tmp_path: Path, browser: Browser, wide: int, colors: Literal["light", "dark"]
) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        at.send({at.field("place", RIVER[0]): "pin", at.field("section", STRAIT[0]): "diplomacy"})
        page = opened(at, browser, wide=wide, colors=colors)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == wide

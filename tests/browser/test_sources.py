"""The pages of sources before an operator's eyes: by keyboard, wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import findings
from tests.browser.windows import window
from tests.small_day import DAY
from tests.web.admin.rounds import add_source
from tests.web.admin.sourcing import PAPER, Sourcing, sourcing

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]
#: On the machine itself a session needs no https.
PLAIN = "http://127.0.0.1"


def opened(
    at: Sourcing, browser: Browser, path: str, *, wide: int, colors: Literal["light", "dark"]
) -> Page:
    size = {"width": wide, "height": 1000}
    # What works without scripts works for everybody.
    context = window(browser, viewport=size, color_scheme=colors, accept_downloads=True)
    name, _, value = at.session.cookies["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": PLAIN}])
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{at.web.port}{path}")
    return page


def test_an_operator_adds_changes_and_pauses_a_source_with_the_keyboard(
    tmp_path: Path, browser: Browser
) -> None:
    with sourcing(tmp_path, web=PLAIN) as at:
        page = opened(at, browser, "/admin/sources", wide=1200, colors="light")
        page.get_by_label("Address", exact=True).fill("no address at all")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("This address cannot be added.")
        assert findings(page) == []
        page.get_by_role("link", name="This address cannot be added.").press("Enter")
        expect(page.get_by_label("Address", exact=True)).to_be_focused()
        page.get_by_label("Address", exact=True).fill(at.news.url("/"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(PAPER)
        expect(page.get_by_text(DAY[0]["title"])).to_be_visible()
        assert findings(page) == []
        page.get_by_label("Owner of the publisher").fill("Meridian")
        page.get_by_label("Weight").select_option("2, double")
        page.get_by_role("button", name="Add this source").press("Enter")
        expect(page.get_by_text("Added. It is asked when sources are next read.")).to_be_visible()
        expect(page.get_by_label("Weight")).to_have_value("2")
        page.get_by_role("button", name="Pause").press("Enter")
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        page.get_by_role("link", name="Remove").press("Enter")
        page.get_by_role("button", name="Remove this source").press("Enter")
        expect(page.get_by_text("Removed. Its reports stay.")).to_be_visible()


def test_a_list_is_brought_and_taken_away(tmp_path: Path, browser: Browser) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(
        '<opml><body><outline text="Alder" xmlUrl="https://alder.example/rss"/>'
        '<outline text="No address"/></body></opml>'
    )
    with sourcing(tmp_path, web=PLAIN) as at:
        page = opened(at, browser, "/admin/sources", wide=390, colors="dark")
        page.get_by_label("OPML file").set_input_files(file)
        page.get_by_role("button", name="Read the list").press("Enter")
        expect(page.get_by_text("No address: no address (xmlUrl)")).to_be_visible()
        assert findings(page) == []
        page.get_by_role("button", name="Add 1 source").press("Enter")
        expect(page.get_by_text("The sources of the list are added.")).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Download the list").click()
        assert "https://alder.example/rss" in waiting.value.path().read_text()


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("wide", [1200, 768, 390, 320])
def test_nobody_is_kept_out_and_nothing_scrolls_sideways(
    tmp_path: Path, browser: Browser, wide: int, colors: Literal["light", "dark"]
) -> None:
    with sourcing(tmp_path, web=PLAIN) as at:
        url = add_source(at.web, "Aare Post", fresh=[3, 0, None, 2])
        add_source(at.web, "Sahel Matin", fresh=[None, None])
        paths = ("/admin/sources", at.path(url), at.tried(at.news.url("/")))
        page = opened(at, browser, paths[0], wide=wide, colors=colors)
        for path in paths:
            page.goto(f"http://127.0.0.1:{at.web.port}{path}")
            assert findings(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == wide

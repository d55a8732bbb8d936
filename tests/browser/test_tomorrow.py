"""The stories of tomorrow before an editor's eyes: by keyboard alone, wide and narrow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import findings
from tests.browser.windows import window
from tests.newsday import HARBOR, HARBOR_AGAIN, ORCHIDS, RIVER, STRAIT
from tests.waiting import wait_for
from tests.web.admin.steering import PATH, Steering, steering

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]
#: On the machine itself a session needs no https.
PLAIN = "http://127.0.0.1"
#: More stops than the page has.
_STOPS = 200


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


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the keyboard is called so."""
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        called = page.evaluate(
            """() => { const it = document.activeElement
              const label = it.labels && it.labels[0] || it
              return it.getAttribute("aria-label") || label.textContent }"""
        )
        if called.strip().startswith(name):
            return
    raise AssertionError(f"no stop at {name!r}")


def chosen_headlines(at: Steering) -> list[str]:
    return [one.headline for one in at.active if one.action == "headline"]


def test_an_editor_needs_nothing_but_the_keyboard(tmp_path: Path, browser: Browser) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        page = opened(at, browser, wide=1200)
        expect(page.get_by_role("heading", level=1)).to_have_text("Tomorrow’s page")
        picture = page.locator(".proofsheet img")
        wait_for(lambda: picture.evaluate("image => image.naturalWidth > 0"))
        first = picture.get_attribute("src")
        at.web.clock.at += timedelta(minutes=1)
        # What no section wants is found, and printed in one.
        tab_to(page, "Words in a title")
        page.keyboard.type("orchid")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 found")).to_be_visible()
        tab_to(page, "Print in: ")
        page.keyboard.type("Sec")
        tab_to(page, "Print: ")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is printed in security.")
        assert ORCHIDS[0] in at.printed
        assert page.locator(".proofsheet img").get_attribute("src") != first
        tab_to(page, "Undo: Moved to security and pinned by ada")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Undone, and laid out again.")
        assert len(at.active) == 0
        tab_to(page, "All stories")
        page.keyboard.press("Enter")
        # One leads, one is left out, and one has another of its titles.
        expect(page.get_by_role("button", name=f"Lead: {RIVER[0]}")).to_be_visible()
        tab_to(page, f"Lead: {RIVER[0]}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(f"“{RIVER[0]}” is printed in diplomacy.")
        assert at.top == RIVER[0]
        # The keyboard goes on where it was: at the story.
        tab_to(page, "Undo: Put on top by ada")
        red = page.locator(".decided").first
        assert red.evaluate("one => getComputedStyle(one).fontWeight") == "600"
        tab_to(page, f"Leave out: {STRAIT[0]}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is left out by an editor.")
        assert STRAIT[0] not in at.printed
        page.goto(page.url.partition("?")[0])
        tab_to(page, "Headline: 2 titles")
        page.keyboard.press("Enter")
        tab_to(page, "Headline: ")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is printed in security.")
        (chosen,) = chosen_headlines(at)
        assert chosen in {HARBOR[0], HARBOR_AGAIN[0]} & {*at.printed}
        assert findings(page) == []


def test_two_editors_at_once_are_told_of_each_other(tmp_path: Path, browser: Browser) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        hers, his = (opened(at, browser, wide=1200) for _ in range(2))
        hers.get_by_role("button", name=f"Leave out: {RIVER[0]}").click()
        expect(hers.get_by_role("status")).to_contain_text("is left out by an editor.")
        his.get_by_role("button", name=f"Lead: {RIVER[0]}").click()
        expect(his.get_by_role("alert")).to_contain_text("Left out by ada")
        assert [one.action for one in at.active] == ["drop"]
        assert findings(his) == []


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("wide", [1200, 768, 390, 320])
def test_nobody_is_kept_out_and_nothing_scrolls_sideways(
    tmp_path: Path, browser: Browser, wide: int, colors: Literal["light", "dark"]
) -> None:
    with steering(tmp_path, web=PLAIN) as at:
        at.press("print", ORCHIDS[0], section="security")
        at.press("drop", RIVER[0])
        page = opened(at, browser, wide=wide, colors=colors)
        for fold in page.locator("details").all():
            fold.evaluate("one => one.open = true")
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == wide
        picture, link = page.locator(".proofsheet img"), page.get_by_text("The draft as PDF")
        expect(link).to_be_visible()
        if wide < 680:  # a phone has the link
            expect(picture).to_be_hidden()
            return
        box, last = picture.bounding_box(), page.locator(".stories").bounding_box()
        assert box is not None
        assert last is not None
        # Beside the stories from 1,000 pixels on, below them before that; never too small to read.
        assert box["width"] >= 550
        assert (box["y"] < last["y"] + last["height"]) is (wide >= 1000)

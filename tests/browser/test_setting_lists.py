"""Editions and channels, added in a real browser by forms alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from briefing.settings import FILE_NAME, load
from tests.browser.house import PLAIN, seat
from tests.web.admin.sessions import seated_with_settings
from tests.web.admin.test_setting_lists import BEGIN, CHANNELS
from tests.web.test_browser import faults

pytestmark = pytest.mark.slow


def faultless(page: Page, *, runs: bool) -> None:
    """Check, by a script that runs, a page for screen readers, light and dark, and on a phone."""
    if not runs:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        faults(page)
    for wide in (320, 390, 1280):
        page.set_viewport_size({"width": wide, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= wide


@pytest.mark.parametrize("script", [False, True])
def test_an_officer_adds_both_by_forms_alone(
    tmp_path: Path,
    browser: Browser,
    script: bool,  # noqa: FBT001  a column
) -> None:
    path = tmp_path / "own" / FILE_NAME
    with seated_with_settings(path, BEGIN, web=PLAIN) as session:
        page = seat(browser, session, "/admin/settings", java_script_enabled=script)
        page.get_by_label("Change: Further editions").click()
        page.get_by_role("link", name="Add an edition").click()
        page.get_by_label("Name").fill("Evening")
        page.get_by_label("Name").press("Tab")
        page.keyboard.type("18:00")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(
            "Name: must start with a letter and have at most 20 lowercase"
        )
        faultless(page, runs=script)
        page.get_by_label("Name").fill("evening")
        page.get_by_label("Economy").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved. It takes effect at once.")
        faultless(page, runs=script)
        page.goto(CHANNELS)
        page.get_by_role("link", name="Add a channel").click()
        page.get_by_label("Name").fill("hook")
        page.get_by_label("Address").fill("https://intranet.example/hook")
        page.get_by_label("Secret").fill(page.locator("code").inner_text())
        page.get_by_label("South").check()
        faultless(page, runs=script)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Remove hook").click()
        page.get_by_role("button", name="Remove it").click()
        assert [one.name for one in load(path).edition] == ["noon", "evening"]
        assert [one.name for one in load(path).channel] == ["room"]

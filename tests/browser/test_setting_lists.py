"""Editions and channels, added in a real browser by forms alone."""

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from briefing.settings import FILE_NAME, LiveSettings, load
from briefing.setup.settings_editor import SettingsEditor
from tests.browser.windows import window
from tests.web.admin.sessions import seated
from tests.web.admin.test_setting_lists import BEGIN, CHANNELS
from tests.web.served import served
from tests.web.test_browser import faults

pytestmark = pytest.mark.slow
PLAIN = "http://127.0.0.1"


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
    path = tmp_path / FILE_NAME
    path.write_text(BEGIN, encoding="utf-8")
    live = LiveSettings(path, partial(load, path), load(path))
    desk = partial(SettingsEditor, path=path, live=live)
    with served(tmp_path / "desk", web=PLAIN, settings=desk) as web:
        context = window(browser, base_url=f"{PLAIN}:{web.port}", java_script_enabled=script)
        name, _, value = seated(web).cookies["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": PLAIN}])
        page = context.new_page()
        page.goto("/admin/settings")
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
        context.close()

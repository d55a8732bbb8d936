"""What leaves the house is asked in a browser, undone within a minute, and its outcome told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from briefing.app.rounds.requests import RunRequests
from briefing.core.model import DeliveryStatus, Step
from briefing.store import editions
from tests.browser.house import findings
from tests.browser.windows import window
from tests.web.admin.rounds import keep_edition, ran, settle
from tests.web.admin.sessions import seated
from tests.web.served import READER, Served, served

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]
#: On the machine itself a session needs no https.
PLAIN = "http://127.0.0.1"
TODAY = date(2026, 3, 12)


def opened(web: Served, browser: Browser, path: str) -> Page:
    context = window(browser, viewport={"width": 1000, "height": 900})
    name, _, value = seated(web).cookies["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": PLAIN}])
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{web.port}{path}")
    return page


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_week_is_asked_undone_and_then_reviewed(tmp_path: Path, browser: Browser) -> None:
    requests = RunRequests()
    pdf = b"%PDF-1.7 of the week"
    with served(tmp_path, web=PLAIN, requests=requests, review=lambda _: pdf) as web:
        keep_edition(web, TODAY)
        web.add()
        page = opened(web, browser, "/admin")
        click(page, "Review the week")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Review the week to Thursday 12 March 2026?")
        expect(page.get_by_text("mailed to 1 reader")).to_be_visible()
        expect(page.get_by_role("link", name="Preview as PDF")).to_be_visible()
        assert findings(page) == []
        assert requests.take(0) == ()
        click(page, "Publish the review")
        page.get_by_role("link", name="Stop auto-refresh").click()
        expect(page.get_by_text("unless it is undone")).to_be_visible()
        assert findings(page) == []
        click(page, "Undo")
        expect(page.get_by_text("Undone. Nothing was done.")).to_be_visible()
        web.later(minutes=2)
        page.reload()
        assert requests.take(0) == ()
        page.goto(f"http://127.0.0.1:{web.port}/admin")
        click(page, "Review the week")
        click(page, "Publish the review")
        web.later(minutes=1)
        # the page loads again by itself
        expect(page.get_by_text("Under way")).to_be_visible()
        assert requests.take(0) == ((Step.WEEK, None),)
        web.later(minutes=2)
        figures = {"printed": 4, "stories": 9, "full": 98}
        ran(web, Step.WEEK, ago=1, figures=figures)
        expect(page.get_by_text("4 of 9 stories, page 98 per cent full")).to_be_visible()


def test_an_edition_is_withdrawn_after_a_question(tmp_path: Path, browser: Browser) -> None:
    with served(tmp_path, web=PLAIN) as web:
        settle(web, keep_edition(web, TODAY), READER, DeliveryStatus.SENT)
        page = opened(web, browser, "/admin/deliveries")
        click(page, "Withdraw this edition")
        expect(page.get_by_text("1 mail accepted by the relay cannot be recalled.")).to_be_visible()
        page.get_by_label("Reason, shown to readers").fill("wrong")
        page.get_by_label("Mail a notice").check()
        assert findings(page) == []
        click(page, "Withdraw it")
        expect(page.get_by_text("unless it is undone")).to_be_visible()
        with web.store.read() as tx:
            assert editions.on(tx, web.desk.briefing, TODAY)
        web.later(minutes=1)
        expect(page.get_by_text("0 mails canceled, 1 notice mailed")).to_be_visible()
        with web.store.read() as tx:
            assert editions.on(tx, web.desk.briefing, TODAY) is None

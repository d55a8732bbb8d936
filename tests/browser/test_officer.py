"""An officer's ten tasks in a real browser: each in four clicks from Today, asked or undone."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from briefing.settings import LiveSettings, Settings
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import operators
from tests.browser.house import PLAIN, findings, seat
from tests.newsday import ORCHIDS, RIVER, STRAIT
from tests.store.ready import act, look
from tests.store.releasing import plan, put
from tests.web.admin.rounds import add_source, mailed
from tests.web.admin.sessions import seated
from tests.web.admin.steering import steering
from tests.web.served import Served, printing, served

pytestmark = pytest.mark.slow
#: Clicks of a task, from Today.
MOST = 4


@dataclass
class Officer:
    """Somebody at Today, whose clicks are counted."""

    page: Page
    clicks: int = 0

    def click(self, role: Any, name: str, *, exact: bool = True) -> None:  # noqa: ANN401  its role
        self.press(self.page.get_by_role(role, name=name, exact=exact).first)

    def press(self, what: Locator) -> None:
        what.click()
        self.page.wait_for_load_state()
        self.clicks += 1

    def done(self, task: str) -> None:
        """Say how many clicks a task took; a page of outcomes is looked at by another test."""
        sys.stdout.write(f"{task:<28} {self.clicks}\n")
        assert self.clicks <= MOST
        if "/admin/acts" not in self.page.url:
            assert findings(self.page) == []


def officer(web: Served, browser: Browser, name: str = "ada") -> Officer:
    return Officer(seat(browser, seated(web, name), "/admin"))


@contextmanager
def desk(folder: Path) -> Iterator[Served]:
    """Serve a desk with a draft of tomorrow, settings and a source."""
    path = folder / "briefing.toml"
    live = LiveSettings(path, Settings, Settings())
    with steering(folder, web=PLAIN, editor=lambda store: SettingsEditor(store, path, live)) as at:
        add_source(at.web, "Aare Post", fresh=[3, 0, 2])
        yield at.web


def leave_out(one: Officer, _: Served) -> None:
    one.click("link", "Tomorrow")
    one.click("link", STRAIT[0])
    one.click("button", "Leave out", exact=False)
    expect(one.page.get_by_text("is left out by an editor.").first).to_be_visible()
    expect(one.page.get_by_role("button", name="Undo last change")).to_be_visible()


def lead(one: Officer, _: Served) -> None:
    one.click("link", "Tomorrow")
    one.click("link", RIVER[0])
    one.click("button", "Lead", exact=False)
    expect(one.page.get_by_text(f"“{RIVER[0]}” is printed in").first).to_be_visible()
    expect(one.page.get_by_role("button", name="Undo last change")).to_be_visible()


def headline(one: Officer, _: Served) -> None:
    one.click("link", "Tomorrow")
    one.press(one.page.locator(".head a", has_text="erth").first)
    one.press(one.page.get_by_text("Other headline"))
    one.click("button", "Headline: ", exact=False)
    expect(one.page.get_by_role("button", name="Undo last change")).to_be_visible()


def pause(one: Officer, _: Served) -> None:
    one.click("link", "Sources")
    one.click("link", "Aare Post")
    one.click("button", "Pause")
    expect(one.page.get_by_role("button", name="Resume")).to_be_visible()


def bring(one: Officer, web: Served) -> None:
    rows = "".join(f"r{number}@courier.example,asked at the desk\n" for number in range(200))
    text = f"email,consent\n{rows}".encode()
    file: FilePayload = {"name": "readers.csv", "mimeType": "text/csv", "buffer": text}
    one.click("link", "Readers")
    one.click("link", "Import a list")
    one.page.get_by_label("CSV file").set_input_files(file)
    one.click("button", "Preview the list")
    one.click("button", "Add 200 readers")
    expect(one.page.get_by_text("200").first).to_be_visible()
    assert web.known("r199@courier.example")


def operator(one: Officer, web: Served) -> None:
    one.click("link", "Settings")
    one.click("link", "Operators")
    one.page.get_by_label("Name", exact=True).fill("ben")
    one.click("button", "Add operator")
    expect(one.page.get_by_text("Link for ben")).to_be_visible()
    expect(one.page.get_by_role("button", name="Remove ben")).to_be_visible()
    assert look(web.store, operators.get, "ben")


def missing(one: Officer, _: Served) -> None:
    one.click("link", "Tomorrow")
    expect(one.page.get_by_text(ORCHIDS[0]).first).to_be_visible()
    expect(one.page.locator("li.not-printed .why").first).to_be_visible()


@pytest.mark.parametrize(
    ("task", "do"),
    [
        ("reject a story", leave_out),
        ("lead another", lead),
        ("change a headline", headline),
        ("pause a source", pause),
        ("import 200 readers", bring),
        ("add an operator", operator),
        ("find why one is missing", missing),
    ],
)
def test_a_task_takes_four_clicks_from_today(
    tmp_path: Path, browser: Browser, task: str, do: Callable[[Officer, Served], None]
) -> None:
    with desk(tmp_path) as web:
        one = officer(web, browser)
        do(one, web)
        one.done(task)


def test_two_release_an_edition_in_three_clicks_each(tmp_path: Path, browser: Browser) -> None:
    release = plan()
    told = partial(served, name="Ostra Desk", web=PLAIN, timetable=release.timetable)
    with told(tmp_path, release=release) as web:
        act(web.store, put, plan=release)
        for name in ("ada", "bob"):
            one = officer(web, browser, name)
            one.click("link", "View it")
            one.click("button", f"Release it as {name}")
            if name == "bob":
                one.click("button", "Release it")
                expect(one.page.get_by_role("button", name="Undo")).to_be_visible()
            one.done(f"release by two: {name}")
        web.later(minutes=1)
        one.page.reload()
        expect(one.page.get_by_text("The edition is published now.")).to_be_visible()


@pytest.mark.parametrize("task", ["correct", "withdraw"])
def test_what_was_sent_is_corrected_withdrawn(tmp_path: Path, browser: Browser, task: str) -> None:
    with printing(tmp_path, web=PLAIN) as (web, newsroom):
        mailed(web, newsroom)
        one = officer(web, browser)
        if task == "correct":
            one.click("link", "Correct")
            one.press(one.page.get_by_role("radio").first)
            one.page.get_by_label("What is wrong").fill("It was the other harbor.")
            one.click("button", "Preview the correction")
            expect(one.page.get_by_text("1 reader")).to_be_visible()
            assert findings(one.page) == []
            one.click("button", "Send it")
        else:
            one.click("button", "Withdraw")
            one.page.get_by_label("Reason, shown to readers").fill("wrong")
            one.page.get_by_label("Mail a notice").check()
            assert findings(one.page) == []
            one.click("button", "Withdraw it")
        expect(one.page.get_by_role("button", name="Undo")).to_be_visible()
        one.done(task)
        if task == "withdraw":
            web.later(minutes=1)
            expect(one.page.get_by_text("0 mails canceled, 1 notice mailed")).to_be_visible()

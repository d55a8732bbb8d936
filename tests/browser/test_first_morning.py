"""An empty folder, a browser, and two readers who get the first page by mail."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page

from benchmarks.morning import READERS, first_morning
from briefing.setup.settings import load
from tests.browser.house import findings

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.slow]


def test_from_an_empty_folder_to_the_first_mails_by_a_browser_alone(tmp_path: Path) -> None:
    grave: list[str] = []
    scenes: list[str] = []

    def look(page: Page, scene: str) -> None:
        scenes.append(scene)
        grave.extend(findings(page))

    made = first_morning(tmp_path, film=look)
    assert grave == []
    assert scenes[-1] == "page"
    assert made.clicks <= 25
    # Of a person's steps, not of this machine.
    assert made.person <= 300
    assert sorted(mail.recipient for mail in made.mails) == sorted(READERS)
    for taken in made.mails:
        mail = message_from_bytes(taken.message, policy=default)
        (page,) = mail.iter_attachments()
        assert page.get_content().startswith(b"%PDF")
        words = mail.get_body(("plain",))
        assert words
        assert "/unsubscribe/" in words.get_content()
    settings = load(tmp_path / "briefing.toml")
    assert (settings.name, settings.mail.sender) == ("World Desk", "desk@briefing.example")
    log = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in log
    assert not any(reader in log for reader in READERS)

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.morning import READERS, first_morning
from briefing.settings import load
from tests.browser.house import (
    OPERATOR,
    PASSWORD,
    ROOT,
    House,
    command,
    findings,
    serving,
    settings,
    sign_in,
)
from tests.browser.windows import window
from tests.mail.relays import Taken, real
from tests.publishing import Desk as Newsroom
from tests.waiting import PATIENCE, wait_for
from tests.web.served import served

pytestmark = pytest.mark.slow

READER = "a.osei@ministry.example"
#: Headlines of the stories that a draft prints, in printed order.
PRINTED = ".rows > .printed .head"


#: What readers see, in the order in which they do.
WORDS = {
    "en": (
        "Mail address|Subscribe|Check your mail|Confirm|You are subscribed|Preferences|Save|Saved.|"
        "character for character|minister|Search|Unsubscribe|You are unsubscribed|Undo"
    ).split("|"),
    "de": (
        "E-Mail-Adresse|Abonnieren|Bitte sehen Sie in Ihrem Postfach nach|Bestätigen|"
        "Sie sind angemeldet|Einstellungen|Speichern|Gespeichert.|Zeichen für Zeichen|"
        "Minister|Suchen|Abbestellen|Sie sind abgemeldet|Rückgängig machen"
    ).split("|"),
}


@pytest.mark.parametrize(("language", "news"), [("en", "2026-03-12"), ("de", "de")])
def test_from_signing_up_to_the_mail_of_an_edition_that_an_editor_chose(
    tmp_path: Path, browser: Browser, language: str, news: str
) -> None:
    shutil.copytree(ROOT / "examples" / news, tmp_path / "news")
    words = iter(WORDS[language])
    with real() as (port, taken):
        (tmp_path / "briefing.toml").write_text(f'language = "{language}"\n{settings(port)}')
        command(tmp_path, "sources", "add", "news")
        command(tmp_path, "operators", "add", OPERATOR, "--password-file", "-", given=PASSWORD)
        with serving(tmp_path, port=0) as house:
            reader = window(browser).new_page()
            editor = window(browser).new_page()
            _subscribe(reader, house, taken, words)
            _choose_and_publish(editor, house)
            letter = _letter(taken)
            _read(reader, house, words)
            _leave_and_return(reader, letter, house, words)
            _leave_by_one_click(letter, house)
            _see_what_became_of_it(editor, house)
        log = house.log.read_text()
    assert READER not in log
    assert "Traceback" not in log


def _subscribe(page: Page, house: House, taken: list[Taken], words: Iterator[str]) -> None:
    page.goto(house.at("/subscribe"))
    assert findings(page) == []
    page.get_by_label(next(words)).fill(READER)
    page.get_by_role("button", name=next(words), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(next(words))
    assert findings(page) == []
    wait_for(lambda: taken)
    found = re.search(r"https://briefing\.example(/confirm/\S+)", taken[0].text())
    assert found
    page.goto(house.at(found[1]))
    assert findings(page) == []
    page.get_by_role("button", name=next(words)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(next(words))
    page.get_by_role("link", name=next(words), exact=True).first.click()
    assert findings(page) == []
    page.locator("select[name=at]").select_option("00:00")
    page.get_by_role("button", name=next(words), exact=True).click()
    expect(page.get_by_text(next(words))).to_be_visible()


def _choose_and_publish(page: Page, house: House) -> None:
    sign_in(page, house)
    assert findings(page) == []
    wait_for(lambda: "collect" in _reloaded(page))
    wait_for(lambda: _drafted(page, house) > 3)
    assert findings(page) == []
    headline = page.locator(PRINTED).last.inner_text()
    page.get_by_role("link", name=headline).click()
    page.get_by_role("button", name="Lead", exact=True).click()
    expect(page.get_by_text(f"by {OPERATOR}", exact=False).first).to_be_visible()
    # A busy machine may take longer for the draft than the page waits.
    wait_for(lambda: _drafted(page, house) and page.locator(PRINTED).first.inner_text() == headline)
    assert page.request.get(house.at("/admin/tomorrow.pdf")).body().startswith(b"%PDF")
    page.goto(house.at("/admin"))
    page.get_by_text("Steps of today").click()
    page.get_by_role("button", name="Publish now").click()
    page.get_by_role("button", name="Publish it").click()
    wait_for(lambda: httpx2.get(house.at("/last.pdf"), timeout=PATIENCE).is_redirect)
    page.goto(house.at("/"))
    expect(page.locator("main h2, main h3").first).to_contain_text(headline)


def _reloaded(page: Page) -> str:
    page.reload()
    return page.content().lower()


def _drafted(page: Page, house: House) -> int:
    """Return how many stories the draft prints."""
    page.goto(house.at("/admin/tomorrow"))
    return page.locator(PRINTED).count()


def _letter(taken: list[Taken]) -> Taken:
    """Return the mail of the edition: one, with the page attached."""
    wait_for(lambda: len(taken) > 1)
    (page,) = taken[1].mail.iter_attachments()
    assert page.get_content_type() == "application/pdf"
    return taken[1]


def _read(page: Page, house: House, words: Iterator[str]) -> None:
    page.goto(house.at("/"))
    assert findings(page) == []
    page.locator("a[href^='#c']").first.click()
    check = page.locator("section.check:target > .opened")
    expect(check).to_be_visible()
    expect(check).to_contain_text(next(words))
    page.goto(house.at("/archive"))
    assert findings(page) == []
    page.locator("input[name=words]").fill(next(words))
    page.get_by_role("button", name=next(words)).click()
    assert findings(page) == []


def _leave_and_return(page: Page, letter: Taken, house: House, words: Iterator[str]) -> None:
    found = re.search(r"https://briefing\.example(/unsubscribe/\S+)", letter.text())
    assert found
    page.goto(house.at(found[1]))
    assert findings(page) == []
    page.get_by_role("button", name=next(words)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(next(words))
    assert findings(page) == []
    page.get_by_role("button", name=next(words)).click()


def _leave_by_one_click(letter: Taken, house: House) -> None:
    """Do what a mail program does."""
    found = re.search(r"https://briefing\.example(/unsubscribe/\S+)", letter.text())
    assert found
    answer = httpx2.post(
        house.at(found[1]), data={"List-Unsubscribe": "One-Click"}, timeout=PATIENCE
    )
    assert answer.status_code == 200


def _see_what_became_of_it(page: Page, house: House) -> None:
    for path in ("", "/deliveries", "/subscribers", "/sources", "/schedule", "/log"):
        page.goto(house.at(f"/admin{path}"))
        assert findings(page) == []
    page.goto(house.at("/admin/subscribers"))
    expect(page.get_by_text(READER).first).to_be_visible()
    expect(page.get_by_role("cell", name="Left", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name=re.compile("^Accepted"))).to_be_visible()
    page.goto(house.at("/admin/log"))
    expect(page.get_by_text("sign in", exact=False).first).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(house.at("/admin/subscribers"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("clumsy", [False, True])
def test_from_an_empty_folder_to_mails(tmp_path: Path, browser: Browser, *, clumsy: bool) -> None:
    grave: list[str] = []
    scenes: list[str] = []

    def look(page: Page, scene: str) -> None:
        scenes.append(scene)
        grave.extend(findings(page))

    made = first_morning(tmp_path, browser, film=look, clumsy=clumsy, closed=clumsy)
    assert grave == []
    assert scenes[-1] == ("stranger" if clumsy else "page")
    # The closed briefing opens by the link of a mail, and to nobody else.
    assert (made.opened, made.leaked) == (clumsy, False)
    assert clumsy or made.clicks <= 25
    # Of a person's steps, not of this machine.
    assert made.person <= (300 if clumsy else 180)
    assert sorted(mail.recipient for mail in made.mails) == sorted(READERS)
    for taken in made.mails:
        (page,) = taken.mail.iter_attachments()
        assert page.get_content().startswith(b"%PDF")
        assert "/unsubscribe/" in taken.text()
    settings = load(tmp_path / "briefing.toml")
    assert (settings.name, settings.mail.sender) == ("World Desk", "desk@briefing.example")
    log = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in log
    assert not any(reader in log for reader in READERS)


#: Left edges of the briefs.
_EDGES = "[...document.querySelectorAll('.brief')].map(one => one.getBoundingClientRect().left)"


@pytest.mark.parametrize("wide", [390, 768, 1200])
def test_a_background_opens_and_moves_no_other(tmp_path: Path, browser: Browser, wide: int) -> None:
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

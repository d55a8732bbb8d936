"""The first morning of a briefing, in a real browser: from an empty folder to its first mails."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page

from briefing.core.model import Document
from briefing.core.schedule import zones
from briefing.sources.files import read
from tests.browser.windows import launched, window
from tests.mail.relays import Taken, real
from tests.newsserver import HTML, RSS, News, NewsServer, give, rss

_ROOT = Path(__file__).parents[1]
_SERVE = (sys.executable, "-u", "-c", "from briefing.cli import main; main()", "serve")
_LINK = re.compile(r"served at (\S+);[^$]* once: https://briefing\.example(/admin/first/\S+)")
#: What stands for a TLS proxy before the pages, and the news that this machine's proxy gives.
_SETTINGS = """
[web]
address = "https://briefing.example"
readers = "{readers}"
[collect]
proxy = "http://127.0.0.1:{news}"
"""
_PASSWORD = "four words of one operator"  # noqa: S105  of a store that lives for one run
#: The operator's own address, and what says that the page is there.
_INES, _MADE = "ines@desk.example", "Your page is ready. Next: mail"
#: Addresses that are no sources, and what is said of them.
_NO_SOURCES = {
    "no address": "This address cannot be added.",
    "http://courier.example/nothing": "The page does not exist",
    "http://courier.example/empty": "It lists nothing now; check again later.",
}
READERS = ("a.osei@ministry.example", "b.sund@courier.example")
#: Seconds of a person for a click with the look before it, and for a typed letter: the
#: keystroke-level model of Card, Moran and Newell (1980): 1.1 to point and click, 1.35 to think.
_CLICK, _LETTER = 2.45, 0.2
#: Seconds to wait for what the machine does.
_PATIENCE = 240.0


@dataclass
class _Person:
    """Somebody at a browser, whose clicks and letters are counted."""

    page: Page
    film: Callable[[Page, str], None]
    clicks: int = 0
    letters: int = 0

    def go(self, address: str) -> None:
        self.page.goto(address)

    def click(self, role: Any, name: str, *, scene: str = "") -> None:  # noqa: ANN401  its role
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.page.wait_for_load_state()
        self.clicks += 1
        if scene:
            self.film(self.page, scene)

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).first.fill(text)
        self.letters += len(text)

    def sees(self, words: str) -> None:
        """Wait for words on the page."""
        _wait(lambda: self.page.get_by_text(words).count())

    def choose(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).first.select_option(value)
        self.clicks += 2


@dataclass(frozen=True)
class Morning:
    """What a first morning took."""

    clicks: int
    letters: int
    #: Of the machine and the script, from the first page to the last mail.
    seconds: float
    #: Mails of the edition by recipient.
    mails: tuple[Taken, ...]
    folder: Path
    #: Whether the link of a mail opened the edition in a reader's browser, and a stranger saw any
    #: of it at the same address; of a briefing that is open to all neither is tried.
    opened: bool = False
    leaked: bool = False

    @property
    def person(self) -> float:
        """Seconds of a person's steps, by the keystroke-level model."""
        return self.clicks * _CLICK + self.letters * _LETTER


def bench() -> list[dict[str, Any]]:
    """Return the clicks, letters and seconds; the pictures are in ``out/morning``."""
    out = _ROOT / "out" / "morning"
    out.mkdir(parents=True, exist_ok=True)
    scenes = iter(range(1, 100))

    def film(page: Page, scene: str) -> None:
        page.screenshot(path=out / f"{next(scenes):02}-{scene}.png", full_page=True)

    with ExitStack() as opened:
        browser = opened.enter_context(launched())
        folders = [opened.enter_context(tempfile.TemporaryDirectory()) for _ in range(2)]
        made = first_morning(Path(folders[0]), browser, film=film)
        closed = first_morning(Path(folders[1]), browser, closed=True)
    rows = {
        "clicks": made.clicks,
        "letters typed": made.letters,
        "seconds of a person's steps": round(made.person),
        "seconds of the machine": round(made.seconds),
        "mails of the edition": len(made.mails),
        "clicks, closed to all but readers": closed.clicks,
        "seconds of a person's steps, closed": round(closed.person),
        "seconds of the machine, closed": round(closed.seconds),
        "editions opened by the link of a mail, closed": closed.opened,
        "editions seen by a stranger, closed": closed.leaked,
    }
    return [{"case": case, "count": int(count)} for case, count in rows.items()]


def first_morning(
    folder: Path,
    browser: Browser,
    *,
    film: Callable[[Page, str], None] = lambda _page, _scene: None,
    clumsy: bool = False,
    closed: bool = False,
) -> Morning:
    """Set up a briefing in an empty folder by a browser alone, until two readers have its page.

    A ``clumsy`` operator makes every wrong entry first, goes back, and sends a form twice. Of a
    ``closed`` briefing a reader opens the edition by the link of its mail, and a stranger tries to.

    The folder is empty but for lines that let this machine's news be read, as there is no other
    network, and that name an address for links. The first link is read from what ``briefing
    serve`` prints.
    """
    with ExitStack() as opened:
        news = opened.enter_context(_news())
        port, taken = opened.enter_context(real())
        whose = "subscribers" if closed else "public"
        (folder / "briefing.toml").write_text(_SETTINGS.format(news=news, readers=whose))
        link = opened.enter_context(_served(folder))
        began = time.monotonic()
        operator = _Person(
            window(browser, viewport={"width": 1100, "height": 800}).new_page(), film
        )
        _set_up(operator, link, relay=port, clumsy=clumsy)
        readers = [_Person(window(browser).new_page(), film) for _ in READERS]
        for reader, address in zip(readers, READERS, strict=True):
            _subscribe(reader, link, address, taken)
        _print_page(operator)
        _wait(lambda: len(_editions(taken)) == len(READERS))
        seconds = time.monotonic() - began
        operator.go(operator.page.url.partition("/admin")[0] + "/")
        film(operator.page, "page")
        people = [operator, *readers]
        is_open, leaks = False, False
        if closed:
            stranger = _Person(window(browser).new_page(), film)
            is_open, leaks = _tried(readers[0], stranger, link, _editions(taken))
        return Morning(
            sum(person.clicks for person in people),
            sum(person.letters for person in people),
            seconds,
            _editions(taken),
            folder,
            is_open,
            leaks,
        )


def _tried(
    reader: _Person, stranger: _Person, link: str, mails: tuple[Taken, ...]
) -> tuple[bool, bool]:
    """Return whether the link of a mail opens the edition, and whether a stranger sees any of it.

    Both look for its headlines; the stranger at the addresses to which the reader is led.
    """
    (mail,) = [each for each in mails if each.recipient == READERS[0]]
    found = re.search(r"https://briefing\.example(/preferences/[^\s?]+\?read=\S*)", _words(mail))
    assert found  # noqa: S101  every mail of a closed briefing has one
    base = link.partition("/admin")[0]
    reader.go(base + found[1])
    reader.clicks += 1
    reader.film(reader.page, "reader")
    heads = [head for head in reader.page.locator("h3").all_text_contents() if head.strip()]
    at = reader.page.url
    seen = []
    for address in (at, f"{at}.pdf", f"{at}.json", f"{base}/feed", f"{base}/archive", f"{base}/"):
        answer = stranger.page.request.get(address)
        seen.append(answer.text())
    stranger.go(at)
    stranger.film(stranger.page, "stranger")
    seen.append(stranger.page.content())
    words = " ".join(seen)
    return bool(heads), any(head.strip() in words for head in heads)


def _set_up(person: _Person, link: str, *, relay: int, clumsy: bool) -> None:  # noqa: PLR0915  a script
    person.go(link)
    person.film(person.page, "operator")
    if clumsy:
        person.type("Name", "Inés Müller")
        person.type("Password", "short")
        person.click("button", "Start")
        person.sees("The name is not valid.")
        person.type("Name", "ines")
        person.click("button", "Start")
        person.sees("The password is not valid.")
    person.type("Name", "ines")
    person.type("Password", _PASSWORD)
    person.click("button", "Start")
    if clumsy:
        person.type("Ready every morning at", "soon")
        person.page.get_by_label("Europe and the Atlantic").uncheck()
        person.click("button", "Make my page", scene="no-region")
        person.sees("Choose at least one region")
        person.type("Ready every morning at", "6.30 am")
    person.type("Name on the page", "World Desk")
    person.choose("Time zone", _afternoon())
    # No feed of the lists can be read here.
    person.click("button", "Preview with sample news", scene="first")
    person.click("button", "Add your own source")
    if clumsy:
        for wrong, words in _NO_SOURCES.items():
            person.type("Address", wrong)
            person.click("button", "Check")
            person.sees(words)
            person.go(person.page.url.partition("/admin")[0] + "/admin/sources")
    person.type("Address", "http://courier.example")
    person.click("button", "Check", scene="tried")
    person.click("button", "Add this source", scene="sources")
    person.click("link", "Back to the first morning")
    person.click("button", "Make my page", scene="making")
    if clumsy:
        # A step back, which shows how it stands now, and a reload.
        person.page.go_back()
        person.page.reload()
        person.go(person.page.url.partition("/admin")[0] + "/admin/morning")
    _wait(lambda: person.page.get_by_role("heading", level=1).text_content() == _MADE)
    _wait(lambda: person.page.evaluate("[...document.images].every(one => one.naturalWidth)"))
    person.film(person.page, "made")
    here = person.page.url.partition("?")[0]
    person.go(here.replace("morning", "tomorrow"))
    _wait(lambda: person.page.evaluate("[...document.images].every(one => one.naturalWidth)"))
    person.film(person.page, "tomorrow")
    person.go(here)
    if clumsy:
        person.type("Sender address", "nobody")
        person.click("button", "Save", scene="no-sender")
        _wait(lambda: person.page.locator("[aria-invalid]").count())
        person.type("Sender address", "desk@briefing.example")
        person.type("Relay", "127.0.0.1")
        person.type("Port", "9")
        person.choose("Encryption", "none")
        person.click("button", "Save")
        person.type("Mail address", _INES)
        person.click("button", "Send a test", scene="no-relay")
        person.sees("The test was not sent")
    person.type("Sender address", "desk@briefing.example")
    person.type("Relay", "127.0.0.1")
    person.type("Port", str(relay))
    person.choose("Encryption", "none")
    person.click("button", "Save", scene="mail")
    person.type("Mail address", _INES)
    person.click("button", "Send a test", scene="test")
    person.click("button", "It has arrived", scene="readers")


def _subscribe(person: _Person, link: str, address: str, taken: list[Taken]) -> None:
    person.go(link.partition("/admin")[0] + "/subscribe")
    person.type("Mail address", address)
    person.click("button", "Subscribe")
    _wait(lambda: any(mail.recipient == address for mail in taken))
    (mail,) = [mail for mail in taken if mail.recipient == address]
    match = re.search(r"https://briefing\.example(/confirm/\S+)", _words(mail))
    assert match  # noqa: S101  every mail to confirm has one
    person.go(link.partition("/admin")[0] + match[1])
    person.clicks += 1
    person.click("button", "Confirm")


def _print_page(person: _Person) -> None:
    person.click("button", "Publish it now", scene="question")
    person.click("button", "Publish it")
    _wait(lambda: person.page.get_by_text("% full").count())
    person.click("link", "Back", scene="printed")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Run ``briefing serve`` in a folder; yield the link that it prints."""
    output, log = folder / "said.txt", folder / "log.txt"
    with output.open("w") as out, log.open("w") as errors:
        served = subprocess.Popen([*_SERVE, "--port", "0"], cwd=folder, stdout=out, stderr=errors)  # noqa: S603  our own
        try:
            _wait(lambda: _LINK.search(output.read_text()) or served.poll() is not None)
            match = _LINK.search(output.read_text())
            assert match, log.read_text()  # noqa: S101  else the log says why
            yield match[1] + match[2]
        finally:
            served.terminate()
            served.wait(_PATIENCE)


@contextmanager
def _news() -> Iterator[int]:
    """Serve a site whose feed has the example's reports, as published today; yield its port."""
    reports = read([str(_ROOT / "examples" / "2026-03-12")]).documents
    now = datetime.now(UTC)
    with NewsServer() as server:
        items = [
            _item(person, now - timedelta(minutes=4 * at)) for at, person in enumerate(reports)
        ]
        server.at("/", give(_HOME, HTML))
        server.at("/empty", give(rss([], title="Empty"), RSS))
        server.at("/feed", give(rss(items, title="Ostra Courier"), RSS))
        yield server.port


_HOME = (
    "<!doctype html><title>Ostra Courier</title>"
    '<link rel="alternate" type="application/rss+xml" href="/feed"><h1>Ostra Courier</h1>'
)


def _item(report: Document, at: datetime) -> News:
    """Return a report as its publisher's whole text in a feed that gathers several."""
    text = "".join(f"<p>{escape(part)}</p>" for part in report.text.split("\n\n"))
    source = f'<source url="http://courier.example/">{escape(report.publisher)}</source>'
    address = f"http://courier.example/{report.id}"
    return News(report.title, address, text, format_datetime(at), address, more=source)


def _afternoon() -> str:
    """Return a city in which it is between 14 and 15 now: mails of the morning are due at once."""
    now = datetime.now(UTC)
    return next(name for name in zones() if now.astimezone(ZoneInfo(name)).hour == 14)


def _editions(taken: list[Taken]) -> tuple[Taken, ...]:
    """Return the mails that bring the page."""
    return tuple(mail for mail in taken if b"application/pdf" in mail.message)


def _words(mail: Taken) -> str:
    part = message_from_bytes(mail.message, policy=default).get_body(("plain",))
    return part.get_content() if part else ""


def _wait(done: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE
    while not done():
        assert time.monotonic() < until, "it did not come"  # noqa: S101  what is waited for is ours
        time.sleep(0.2)

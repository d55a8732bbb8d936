"""A desk whose drafts are laid out without paper, and an operator who steers them."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from briefing.app.publish import Preview, draft
from briefing.core import record
from briefing.core.errors import BriefingError
from briefing.core.model import Choice, Document, Edition, Item, Sentence
from briefing.core.schedule import Timetable
from briefing.store import documents
from briefing.store import drafts as choices
from tests.desk import DAY, RECIPE
from tests.fakes import PlainMeasure
from tests.publishing import BRIEFING, SOURCE, publish_plan
from tests.store.ready import look
from tests.web.admin.sessions import Seated, seated
from tests.web.served import NOW, Served, served

PATH = "/admin/tomorrow"
#: The page that is printed next, as the clock of the desk stands.
NEXT = date(2026, 3, 13)
TIMETABLE = Timetable(time(6, 30), "Europe/Zurich")
#: The least file that is a PDF with one page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1"
    b">>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"trailer<</Root 1 0 R>>"
)


def heads(text: str) -> list[str]:
    """Return the headlines of the rows of a page, in order."""
    found = re.findall(r'<h2 class="head"><a[^>]*>([^<]*)</a>', text)
    return [unescape(headline) for headline in found]


class PlainPress(PlainMeasure):
    """A press that prints an empty sheet and is content with it."""

    def print(self, edition: Edition) -> bytes:
        assert edition.sections
        return PDF

    def write(self, edition: Edition) -> str:
        return record.write(edition)

    def missing(self, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
        assert pdf == PDF
        del edition
        return ()


@dataclass
class QuickDrafts:
    """Lays out without paper; keeps the last draft, and counts."""

    web: Served | None = None
    #: Of a further edition of a day; None: of the first.
    timetable: Timetable | None = None
    room: float = 700.0
    made: int = 0
    kept: Preview | None = None
    #: Whether a draft takes longer than an editor waits.
    slow: bool = False
    #: Why a draft that took so long did not come.
    failed: BriefingError | None = None

    def __call__(self, day: date) -> Preview:
        assert self.web is not None
        self.made += 1
        self.kept = draft(
            self.web.store,
            publish_plan(press=PlainPress(room=self.room), timetable=self.timetable or TIMETABLE),
            day=day,
            now=self.web.clock(),
        )
        return self.kept

    @property
    def busy(self) -> bool:
        return self.slow

    def soon(
        self, day: date, *, failed: Callable[[BriefingError], None] = lambda _: None
    ) -> Preview | None:
        if self.slow:
            return None
        try:
            return self(day)
        except BriefingError as error:
            failed(error)
            raise

    def failure(self, day: date) -> BriefingError | None:
        return self.failed if day == NEXT else None

    def last(self, day: date) -> Preview | None:
        return self.kept if self.kept and self.kept.edition.day == day else None


@dataclass
class Steering:
    """An operator before the page of tomorrow."""

    web: Served
    session: Seated
    drafts: QuickDrafts

    def keep(self, *reports: Document, when: datetime = NOW - timedelta(hours=1)) -> None:
        with self.web.store.write() as tx:
            for one in reports:
                item = Item(one, keys=(f"url {one.url}",), from_page=True)
                documents.keep(tx, item, source=SOURCE, at=when)

    def open(self, question: str = "") -> httpx2.Response:
        return self.session.get(f"{PATH}{question}")

    def send(self, fields: dict[str, Any] | None = None, *, at: str = "") -> httpx2.Response:
        """Press the button, and let a second pass."""
        answer = self.session.post(f"{PATH}{at}", {"day": NEXT.isoformat(), **(fields or {})})
        self.web.clock.at += timedelta(seconds=1)
        return answer

    def form(self, headline: str, *, question: str = "") -> dict[str, str]:
        """Return the hidden fields of the form of a story, as the page has it."""
        text = self.open(question).text
        for form in re.findall(r'<li id="s-[^"]*"[^>]*><form.*?</form>', text, re.DOTALL):
            if heads(form) == [headline]:
                pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
                fields = {unescape(name): unescape(value) for name, value in pairs}
                del fields["form_token"]  # everybody sends their own
                return fields
        raise AssertionError(f"no story {headline!r}")

    def press(self, button: str, headline: str) -> httpx2.Response:
        """Press a button of a story: "lead", "drop"."""
        return self.send(self.form(headline) | {"do": button})

    def place(self, headline: str, section: str) -> httpx2.Response:
        """Press the button of a section."""
        return self.send(self.form(headline) | {"section": section})

    def follow(self, answer: httpx2.Response) -> str:
        """Return the page to which an answer redirects."""
        assert answer.status_code == 303
        return self.session.get(answer.headers["location"].partition("#")[0]).text

    @property
    def text(self) -> str:
        return self.open().text

    @property
    def active(self) -> tuple[Choice, ...]:
        return look(self.web.store, choices.active, BRIEFING, NEXT)

    @property
    def top(self) -> str:
        """Headline of the story that opens the last draft."""
        assert self.drafts.kept
        assert self.drafts.kept.edition.top
        return self.drafts.kept.edition.top.headline

    @property
    def printed(self) -> list[str]:
        """Headlines of the last draft in printed order."""
        assert self.drafts.kept
        return [brief.headline for brief in self.drafts.kept.edition.briefs()]


@contextmanager
def steering(folder: Path, *, news: Sequence[Document] = DAY, **told: Any) -> Iterator[Steering]:  # noqa: ANN401
    """Seat an operator before the drafts of the invented day; parts of the desk as told."""
    drafts = QuickDrafts()
    parts = {"name": RECIPE.name, "drafts": drafts, "timetable": TIMETABLE, **told}
    with served(folder, **parts) as web:
        drafts.web = web
        at = Steering(web, seated(web), drafts)
        at.keep(*news)
        yield at

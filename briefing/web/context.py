"""What the web pages are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from briefing.app.doctor import Finding
from briefing.app.publish import Preview
from briefing.app.readers import Limits
from briefing.app.rounds.requests import RunRequests
from briefing.core.edition import slug
from briefing.core.model import Preferences
from briefing.core.schedule import Timetable, local_date
from briefing.mail.message import Sender
from briefing.press.theme import Theme
from briefing.store import Store


class Drafts(Protocol):
    """Lays out the next edition as it would be printed now."""

    def __call__(self, day: date) -> Preview:
        """Return the draft of a day, made anew with the choices that stand.

        Raises:
            InputError: there is nothing to print.
            ChoiceError: two choices contradict each other; nothing was laid out.
        """
        ...

    def last(self, day: date) -> Preview | None:
        """Return what was laid out last for a day, however old."""
        ...


_ENGLISH: Mapping[str, str] = MappingProxyType({"en": "English"})


def _nothing() -> None:
    """Do nothing: another process sends."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """One briefing as the web knows it."""

    store: Store
    #: As on the nameplate.
    name: str
    #: In printed order.
    sections: tuple[str, ...]
    #: Begin of every address, without a last slash; links in mails lead there.
    web: str
    theme: Theme
    #: For the links, oldest to newest.
    secrets: tuple[bytes, ...] = field(repr=False)
    #: Now, aware UTC.
    clock: Callable[[], datetime]
    #: Who mails are from; None: nobody can subscribe.
    sender: Sender | None = None
    #: Has the mails sent that wait, after an answer.
    wake: Callable[[], None] = _nothing
    #: IANA names to choose from.
    zones: tuple[str, ...] = ("UTC",)
    #: Languages of the mails' furniture to choose from, by ISO 639-1.
    languages: Mapping[str, str] = field(default_factory=lambda: _ENGLISH)
    #: What the form shows first.
    usual: Preferences = field(default_factory=Preferences)
    limits: Limits = field(default_factory=Limits)
    #: When editions are made; None: only by hand.
    timetable: Timetable | None = None
    #: What asks the round for a run now; None: no round runs in this process.
    requests: RunRequests | None = None
    #: How everything is that the next edition needs, as of a minute ago at most.
    preflight: Callable[[], Sequence[Finding]] = tuple
    #: Lays out the next edition without keeping it; None: it cannot be shown.
    drafts: Drafts | None = None
    #: Sends the last edition to one address, recorded nowhere; returns what came of it, one line.
    send_test: Callable[[str], str] | None = None
    #: For how long an edition may be sent after it was made.
    life: timedelta = timedelta(hours=12)
    #: Seconds for a form to come: one packet lost twice on a telephone, and some to spare.
    patience: float = 10.0

    @property
    def briefing(self) -> str:
        """How the store calls it."""
        return slug(self.name)

    @property
    def today(self) -> date:
        """The local date, in the zone of its timetable."""
        at = self.clock()
        return local_date(self.timetable, at=at) if self.timetable else at.date()

    @property
    def base(self) -> str:
        """Path before every path of a page; empty when the pages have a host of their own."""
        return urlsplit(self.web).path.rstrip("/")

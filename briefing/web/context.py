"""Everything the web pages of one briefing need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from briefing.app.collect.trial import Trials
from briefing.app.doctor import Finding
from briefing.app.publish import Preview
from briefing.app.readers import Limits
from briefing.app.release import ReleasePlan
from briefing.app.rounds.requests import RunRequests
from briefing.core.edition import slug
from briefing.core.errors import BriefingError
from briefing.core.model import PLAIN, Letterhead, Preferences, WatchList, offered_lists
from briefing.core.schedule import Timetable, local_date
from briefing.mail.message import Sender
from briefing.press.theme import Theme
from briefing.setup.post import is_local
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import Store
from briefing.web.acts import Acts


class Drafts(Protocol):
    """Lays out the next edition as it would be printed now."""

    def __call__(self, day: date) -> Preview:
        """Return a new draft of a day with the active choices.

        Raises:
            InputError: there is nothing to print.
            ChoiceError: two choices contradict each other; nothing was laid out.
        """
        ...

    @property
    def busy(self) -> bool:
        """Whether a draft is being laid out."""
        ...

    def soon(self, day: date, *, failed: Callable[[BriefingError], None]) -> Preview | None:
        """Lay a draft out in the background; None if it is not there within seconds.

        Raises:
            BriefingError: as when called, after ``failed`` was called with it.
        """
        ...

    def last(self, day: date) -> Preview | None:
        """Return the latest draft of a day, however old."""
        ...

    def failure(self, day: date) -> BriefingError | None:
        """Return why the last try to lay out a day failed; None if it did not."""
        ...


class Hosting(Protocol):
    """Serves further briefings in the running process."""

    def why_not(self, name: str) -> str:
        """Return why a briefing of this name could not be served; empty: it could."""
        ...

    def serve(self, file: Path) -> None:
        """Serve the briefing of a settings file from now on.

        Raises:
            BriefingError: it cannot be served.
        """
        ...


_ENGLISH: Mapping[str, str] = MappingProxyType({"en": "English"})


def _nothing() -> None:
    """Do nothing; another process sends."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """One briefing with its dependencies, as the pages use it."""

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
    #: Of Word documents.
    paper: str = "A4"
    #: Sender of mails; None: none are sent.
    sender: Sender | None = None
    #: Wakes the sender of waiting mails; called after a response.
    wake: Callable[[], None] = _nothing
    #: IANA names to choose from.
    zones: tuple[str, ...] = ("UTC",)
    #: Languages of the mails' furniture to choose from, by ISO 639-1.
    languages: Mapping[str, str] = field(default_factory=lambda: _ENGLISH)
    #: Defaults of the form.
    usual: Preferences = field(default_factory=Preferences)
    #: Of all pages; an edition with a marking of its own keeps that.
    letterhead: Letterhead = PLAIN
    #: Public keys of signed editions, as they are published; empty: editions are not signed.
    keys: str = ""
    limits: Limits = field(default_factory=Limits)
    #: When editions are made; None: only by hand.
    timetable: Timetable | None = None
    #: What operators do here that leaves the house.
    acts: Acts = field(default_factory=Acts)
    #: Shows the review of the week that ends on a day as it would be printed now, as PDF; None:
    #: not available.
    review: Callable[[date], bytes] | None = None
    #: Run requests to the round, or to workers; None: nobody carries them out.
    requests: RunRequests | None = None
    #: Whether it is a round in this process that gets them.
    has_round: bool = True
    #: Findings on everything the next edition needs, at most a minute old.
    preflight: Callable[[], Sequence[Finding]] = tuple
    #: Lays out drafts of the next edition; None: not available.
    drafts: Drafts | None = None
    #: Tries addresses of sources; None: not available.
    trials: Trials | None = None
    #: Sends the latest edition to one address without recording it; returns the result, one line.
    send_test: Callable[[str], str] | None = None
    #: Changes the sections and teaches new ones; None: not from here.
    section_trainer: SectionTrainer | None = None
    #: What is watched for.
    watch: tuple[WatchList, ...] = ()
    #: How editions are released.
    release: ReleasePlan = field(default_factory=ReleasePlan)
    #: How long after its making an edition may be sent.
    life: timedelta = timedelta(hours=12)
    #: Returns the context of the settings in force: this one until they change; None: they stay.
    renew: Callable[[], WebContext] | None = None
    #: Changes the settings; None: not here.
    settings: SettingsEditor | None = None
    #: Serves a briefing that is made here; None: it waits for the next start.
    hosting: Hosting | None = None
    #: Opens the page that adds the first operator, as long as there is none; empty: no such page.
    first_token: str = field(default="", repr=False)
    #: Seconds for a form to arrive: allows one packet lost twice on a phone.
    patience: float = 10.0

    def heading(self, section: str) -> str:
        """Return the label of a section, else its name with a capital."""
        return self.letterhead.heading(section)

    @property
    def lists(self) -> Mapping[str, str]:
        """What the watch-lists that readers may choose are called, by their names."""
        return offered_lists(self.watch)

    @property
    def signs_up(self) -> bool:
        """Whether readers can sign up: a link of a mail leads them here to confirm."""
        return self.sender is not None and not is_local(self.web)

    @property
    def briefing(self) -> str:
        """Its id in the store."""
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

"""The context of web pages, acts that can be undone, and rendering from templates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

from jinja2 import Environment
from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, Response

from briefing.app.doctor import Finding
from briefing.app.readers import Limits, SignUp
from briefing.app.release import ReleasePlan
from briefing.app.rounds.runs import RunRequests
from briefing.core import model, schedule
from briefing.core.errors import BriefingError
from briefing.core.frozen import frozen
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable, counted
from briefing.mail.message import Sender
from briefing.press.catalog import in_templates
from briefing.press.html import environment
from briefing.press.theme import Theme
from briefing.press.wording import _, dated, label_of, path_in, phrases, say, short_date, worded
from briefing.settings import Settings
from briefing.setup.drafts import CachedDrafts
from briefing.setup.identity_provider import OidcProvider
from briefing.setup.news import SourceTrials
from briefing.setup.post import is_local
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import Store
from briefing.web.guard import Admission, log_failure

#: How long an act can be undone, and how long its outcome is shown.
WAIT, _SHOWN = timedelta(minutes=1), timedelta(hours=1)


@dataclass(slots=True)
class Act:
    """An act and its current state."""

    title: str
    #: Name of the operator.
    who: str
    #: Page from which it was requested.
    back: str
    due: datetime
    #: Does it at a given moment and returns the outcome; raises BriefingError if it cannot.
    do: Callable[[datetime], str]
    #: The run that it requests, whose end is the outcome; None if it is done when ``do`` returns.
    step: model.Step | None = None
    #: When it was done or failed, aware UTC; None while it waits.
    done: datetime | None = None
    #: The outcome; a message, so that each operator reads it in their own language.
    words: str | BriefingError = ""
    failed: bool = False
    #: Assigned by :meth:`Acts.add`.
    number: int = 0


class Acts:
    """The acts of one briefing in this process; thread-safe.

    On an orderly exit, waiting acts are done, except runs of the round.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        """Create an empty list; without a clock, acts are done only at :meth:`settle`."""
        self._clock, self._lock = clock, threading.Lock()
        self._acts: list[Act] = []
        self._last = 0

    def add(self, new: Act, *, at: datetime) -> None:
        """Do an act when it is due; ignore it if one with the same title already waits."""
        with self._lock:
            if any(act.title == new.title and act.done is None for act in self._acts):
                return
            self._last = new.number = self._last + 1
            self._acts.append(new)
        if self._clock is not None and new.due > at:
            clock, wait = self._clock, (new.due - at).total_seconds()
            timer = threading.Timer(wait + 0.1, lambda: self.settle(clock()))
            timer.daemon = True
            timer.start()
        self.settle(at)

    def undo(self, number: int) -> Act | None:
        """Cancel and return a waiting act; None if it no longer waits."""
        with self._lock:
            for act in self._acts:
                if act.number == number and act.done is None:
                    self._acts.remove(act)
                    return act
        return None

    def settle(self, at: datetime) -> None:
        """Do the acts that are due, and drop those done long ago."""
        with self._lock:
            self._acts = [act for act in self._acts if not act.done or at - act.done < _SHOWN]
            due = [act for act in self._acts if act.done is None and act.due <= at]
            for act in due:
                act.done = at
        for act in due:
            _do(act, at)

    def close(self) -> None:
        """Do the waiting acts, at the end of the process."""
        with self._lock:
            waiting = [act for act in self._acts if act.done is None and act.step is None]
            for act in waiting:
                act.done = act.due
        for act in waiting:
            _do(act, act.due)

    def listed(self) -> tuple[Act, ...]:
        """Return all acts, the newest first."""
        with self._lock:
            return tuple(reversed(self._acts))


def _do(act: Act, at: datetime) -> None:
    try:
        act.words = act.do(at)
    except BriefingError as error:
        act.failed, act.words = True, error
    except Exception as error:
        act.failed = True
        act.words = Translatable("Error number: {number}", number=log_failure(error, at=act.title))


class Hosting(Protocol):
    """Serves further briefings in the running process."""

    def why_not(self, name: str) -> str:
        """Return why a briefing of this name cannot be served; empty if it can."""

    def serve(self, file: Path) -> None:
        """Serve the briefing of a settings file from now on; raise BriefingError if impossible."""


@frozen
class WebContext:
    """A briefing with its dependencies, as the pages use it."""

    store: Store
    #: The settings in force.
    settings: Settings
    #: Start of every address, without a trailing slash; links in mails begin with it.
    web: str
    theme: Theme
    #: Keys for the links, oldest to newest.
    secrets: tuple[bytes, ...] = field(repr=False)
    #: Now, aware UTC.
    clock: Callable[[], datetime]
    #: Sender of mails; None if none are sent.
    sender: Sender | None = None
    #: Wakes the sender of waiting mails; called after a response.
    wake: Callable[[], None] = lambda: None
    #: IANA names to choose from.
    zones: tuple[str, ...] = ("UTC",)
    #: Whether reports in other languages are counted and named.
    hears_others: bool = False
    #: For all pages; an edition that has its own marking keeps it.
    letterhead: model.Letterhead = model.PLAIN
    #: The published public keys of signed editions; empty if editions are not signed.
    keys: str = ""
    limits: Limits = field(default_factory=Limits)
    #: Acts of operators here that send something out.
    acts: Acts = field(default_factory=Acts)
    #: Returns the review of the week that ends on a day, as it would be printed now, as PDF; None
    #: if not available.
    review: Callable[[date], bytes] | None = None
    #: Run requests to the round in this process; None if there is none.
    requests: RunRequests | None = None
    #: Findings on everything that the next edition needs, at most a minute old.
    preflight: Callable[[], Sequence[Finding]] = tuple
    #: Lay out drafts of the next editions, by name; empty: the first of a day.
    drafts: Mapping[str, CachedDrafts] = field(default_factory=dict)
    #: Tries addresses of sources; None if not available.
    trials: SourceTrials | None = None
    #: Sends the latest edition to one address without recording it; returns the result in one line.
    send_test: Callable[[str], str] | None = None
    #: Changes sections and teaches new ones; None if that is not possible here.
    section_trainer: SectionTrainer | None = None
    #: Returns how the editions of a name are released.
    release: Callable[[str], ReleasePlan] = lambda _edition: ReleasePlan()
    #: Returns the context for the settings in force, the same until they change; None if fixed.
    renew: Callable[[], WebContext] | None = None
    #: Changes the settings; None if that is not possible here.
    editor: SettingsEditor | None = None
    #: Serves a briefing that is created here; None if that must wait for the next start.
    hosting: Hosting | None = None
    #: Opens the page that adds the first operator, while there is none; empty without such a page.
    first_token: str = field(default="", repr=False)
    #: Provider by which operators may sign in as an alternative to a password; None for none.
    identity: OidcProvider | None = None

    def heading(self, section: str) -> str:
        """Return the label of a section, or its capitalized name."""
        return label_of(self.letterhead, section) or section.capitalize()

    @property
    def closed(self) -> bool:
        """Whether what was printed is not open to everybody."""
        return self.settings.web.readers != "public"

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages of the text around the news, each by its own name, by ISO 639-1 code."""
        return {code: phrases(code).name for code in LANGUAGES}

    @property
    def others(self) -> Mapping[str, str]:
        """The other languages whose reports readers may choose, each by its own name."""
        own = self.settings.language if self.hears_others else ""
        return {code: name for code, name in self.languages.items() if own not in {"", code}}

    @property
    def sign_up(self) -> SignUp:
        """Who may sign up."""
        web = self.settings.web
        return SignUp(web.sign_up, web.sign_up_domains)

    @property
    def signs_up(self) -> bool:
        """Whether readers can sign up; mails link to the page where they confirm."""
        return self.sender is not None and not is_local(self.web)

    def wake_round(self) -> None:
        """Have the round check at once what is due."""
        if self.requests is not None:
            self.requests.wake()

    @property
    def briefing(self) -> str:
        """Its id in the store."""
        return self.settings.briefing

    @property
    def timetable(self) -> schedule.Timetable:
        """When editions are made."""
        return self.settings.timetable

    @property
    def clocks(self) -> tzinfo:
        """The zone in which times are shown."""
        return schedule.zone(self.settings.schedule.zone) or UTC

    @property
    def today(self) -> date:
        """The current date in the zone of the timetable."""
        return schedule.local_date(self.timetable, at=self.clock())

    @property
    def base(self) -> str:
        """Path prefix of all pages; empty if the pages have their own host."""
        return urlsplit(self.web).path.rstrip("/")


#: Returns the other briefings of a server.
Beside = Callable[[], Sequence[WebContext]]
#: Title and sentence by status.
_ERRORS = {
    400: ("This form could not be read", "Nothing has changed. Open the page again and resubmit."),
    403: (
        "Form not accepted",
        "This form was sent from another site. Nothing has changed. Submit it from our page.",
    ),
    404: ("Page not found", "There is no page at this address. The link may be incomplete."),
    405: ("Method not allowed", "This page does not accept forms."),
    408: ("The form arrived too slowly", "Nothing has changed. Send it again."),
    410: ("This page was withdrawn", "It is kept on record but no longer shown."),
    413: ("Form too large", "The form exceeds the size limit. Nothing has changed."),
    429: (
        "Too many requests",
        "Too many mails were requested. Nothing has changed. Try again in an hour.",
    ),
    500: (
        "Something went wrong",
        "This page could not be shown. Reload it to see whether a change was saved.",
    ),
    503: ("Subscriptions are not open", "This briefing does not send mail yet."),
}
#: Links of error pages as path and label, by status.
_WAYS = {
    404: (("/archive", "Archive"), ("/", "Latest edition")),
    410: (("/archive", "Archive"), ("/", "Latest edition")),
    500: (("/last.pdf", "Latest edition as PDF"), ("/", "Latest edition")),
}
_USUAL = (("/", "Latest edition"), ("/subscribe", "Subscribe"))
#: One hour: the window of the rate limits.
_RETRY = "3600"


@frozen
class Site:
    """A briefing with its templates."""

    context: WebContext
    templates: Environment
    admission: Admission
    #: Returns the other briefings of this server.
    beside: Beside = tuple
    #: ISO 639-1 code of the text around the news; empty for pages of operators.
    language: str = ""

    @property
    def base(self) -> str:
        """Path prefix of all pages in its language."""
        usual = self.context.settings.language
        return self.context.base + path_in(self.language or usual, usual=usual)

    @property
    def localized(self) -> Environment:
        """Its templates; for operators, with words in the language of the request."""
        return self.templates if self.language else in_templates(self.templates, worded())

    @property
    def others(self) -> tuple[WebContext, ...]:
        """The other briefings that this server has now."""
        return tuple(site.renew() if site.renew else site for site in self.beside())

    def marking_of(self, edition: model.Edition) -> str:
        """Return the marking of an edition's pages: its own, or that of all pages."""
        return edition.letterhead.marking or self.context.letterhead.marking

    def page(
        self,
        template: str,
        *,
        status: int = 0,
        headers: Mapping[str, str] = MappingProxyType({}),
        **about: object,
    ) -> Response:
        """Return a page; the default status is 422 if a form has errors ("wrong"), else 200.

        ``template`` is its file under ``web/``, without the suffix.
        """
        status = status or (422 if about.get("wrong") else 200)
        return HTMLResponse(self.render(template, **about), status, dict(headers))

    def render(self, template: str, **about: object) -> str:
        """Return the HTML of a page."""
        context, language = self.context, self.language or worded()
        usual = context.settings.language
        variables = {
            "context": context,
            "base": self.base,
            "language": language,
            # Marks parts of the news that are in another language than the page.
            "news": "" if usual == language else Markup(' lang="{}"').format(usual),
            "marking": context.letterhead.marking,
            "current": "",
            "counted": counted,
            "dated": dated,
            "place_of": model.place_of,
            "slot_of": model.edition_of,
            "slot_title": model.slot_title,
            "short_date": short_date,
            **about,
        }
        return self.localized.get_template(f"web/{template}.html").render(variables)

    def message_page(self, title: str, lede: str, **more: Any) -> Response:  # noqa: ANN401  parts of a page
        """Return a page with a short message.

        It can have a "note", an "action" (the button of a token), "links" by path and label, and
        the arguments of :meth:`page`.
        """
        shown = dict[str, Any](note="", action=None, links=()) | more
        return self.page("notice", title=title, lede=lede, **shown)

    def send_mail_after(self, answer: Response) -> Response:
        """Wake the mail sender after the response, so that response time reveals nothing."""
        answer.background = BackgroundTask(self.context.wake)
        return answer

    def error(
        self, status: int, *, number: str = "", headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """Return the error page of a status, with the number of the log entry."""
        title, lede = map(_, _ERRORS.get(status, _ERRORS[400]))
        at = self.context.clock()
        when = f"{say().day(at, say().month_day)} {at:%H:%M} UTC"
        note = _("Error number: {number}, {when}", number=number, when=when)
        again = {"Retry-After": _RETRY} if status in {429, 503} else {}
        return self.message_page(
            title,
            lede,
            status=status,
            note=note if number else "",
            links=tuple((path, _(label)) for path, label in _WAYS.get(status, _USUAL)),
            headers={**again, **headers},
        )


def make_site(context: WebContext, beside: Beside = tuple) -> Site:
    """Return a briefing with the templates of its theme, and the other briefings of its server."""
    return Site(context, environment(context.theme), Admission(), beside=beside)


class LiveSite:
    """Provides a briefing with the templates of its theme, renewed when its settings change."""

    def __init__(self, context: WebContext, beside: Beside = tuple) -> None:
        self._renew = context.renew
        self._site = make_site(context, beside)
        self._sites: dict[str, Site] = {}

    def __call__(self, language: str = "") -> Site:
        """Return the current site, with the text around the news in a language."""
        site = self._site
        context = self._renew() if self._renew else site.context
        if context is not site.context:
            site = self._site = replace(make_site(context, site.beside), admission=site.admission)
        last = self._sites.get(language)
        if last is None or last.context is not context:
            last = self._sites[language] = replace(site, language=language)
        return last

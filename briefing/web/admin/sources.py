"""Sources: list and single pages, OPML lists, and trials of sources before they are added."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.responses import Response

from briefing.app.collect import sources as tries
from briefing.app.collect.sources import (
    EDITABLE,
    Trial,
    add_sources,
    ask_at_once,
    edit_source,
    faults_of,
    pause_source,
    refuse_password,
    remove_source,
    resume_source,
)
from briefing.core.errors import BriefingError, InputError, UsageError
from briefing.core.messages import Translatable, counted
from briefing.core.model import GENRES, GRADES, WEIGHTS, Source, SourceStatus, Step, TextFrom
from briefing.core.schedule import begin_of
from briefing.press.catalog import _, ngettext, shown
from briefing.press.wording import capitalized, short_day
from briefing.sources.discover import advice_after
from briefing.sources.kinds import mailbox
from briefing.sources.opml import OPML_BYTES, Opml, read_opml, write_opml
from briefing.store import editions, sources, statistics
from briefing.web.admin.acts import ask, in_browser, request_run
from briefing.web.admin.charts import Plot, sparkline
from briefing.web.admin.frame import (
    AdminSession,
    Times,
    admin_form,
    admin_page,
    admin_post,
    is_signed_in,
    required,
)
from briefing.web.forms import FieldError, FieldErrors, Listing, sentence
from briefing.web.request import Intake

#: Days without a new report after which a source counts as silent.
DAYS = 14
_SILENT = timedelta(days=DAYS)
#: States, worst first; the first five need attention.
STATES = (
    Translatable("Failing"),
    Translatable("Silent"),
    Translatable("Unstable"),
    Translatable("Moved"),
    Translatable("Waiting"),
    Translatable("New"),
    Translatable("Paused"),
    Translatable("OK"),
)
LOOK = STATES[:5]
_SCHEME = re.compile("^https?://")
#: Characters of a digest that identify a source.
_KEY = 16
KINDS = {
    "feed": Translatable("feed"),
    "pages": Translatable("page that lists reports"),
    "page": Translatable("single page"),
    "folder": Translatable("folder of files"),
    "mailbox": Translatable("mails from one sender"),
}


def key_of(url: str) -> str:
    """Return the key of a source in paths; its address may contain a secret key, and slashes."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY]


def path_of(url: str) -> str:
    """Return the path of the page of a source."""
    return f"/admin/sources/{key_of(url)}"


def address_of(url: str) -> str:
    """Return an address without scheme and query; the query may contain a key."""
    return _SCHEME.sub("", url.partition("?")[0])


def title_of(source: Source) -> str:
    """Return the name of a source, otherwise its host or the name of its folder."""
    return source.name or site_of(source.url)


def site_of(url: str) -> str:
    """Return the host of an address without "www.", or the last part of a path."""
    try:
        host = urlsplit(url).hostname if "://" in url else ""
    except ValueError:
        host = ""
    if host:
        return host.removeprefix("www.")
    return PurePath(url.partition("?")[0]).name or address_of(url)


def state_of(status: SourceStatus, times: Times) -> tuple[str, str]:  # noqa: PLR0911  a state each
    """Return the state of a source and the reason."""
    if status.paused is not None:
        began, ends = times.moment(status.paused), times.moment(status.paused_until)
        if not ends:
            return "Paused", _("since {begin}; not fetched until resumed", begin=began)
        return "Paused", _("since {begin}; not fetched until {end}", begin=began, end=ends)
    if status.failing_since:
        return "Failing", ngettext(
            "{why}; since {when}, {n} attempt",
            "{why}; since {when}, {n} attempts",
            status.failures,
            why=in_browser(status.reason),
            when=times.moment(status.failing_since),
        )
    if not status.visited:
        return "New", _("not fetched yet")
    if status.retry_at is not None and status.retry_at > times.now:
        return "Waiting", _("next fetch after {when}", when=times.moment(status.retry_at))
    since = status.fresh_at or status.added
    if times.now - since > _SILENT:
        return "Silent", _("nothing new since {when}", when=times.moment(since))
    if status.unstable and status.is_unstable(at=times.now):
        when = times.moment(status.unstable)
        return "Unstable", _("the text of a printed report keeps changing, last {when}", when=when)
    if status.moved_to:
        return "Moved", _("to another address, which is now used")
    return "OK", ""


#: Most characters of a field that are shown again.
_LONGEST_SHOWN = 300
#: Fields with a fixed choice, and their values.
CHOICES: Mapping[str, Collection[str]] = {
    "text": [each.value for each in TextFrom],
    "weight": [f"{weight:g}" for weight in WEIGHTS],
    "grade": ["", *GRADES],
    "genre": ["", *GENRES],
}


#: Labels of the fields.
_LABELS = {
    "name": Translatable("Publisher, as printed"),
    "owner": Translatable("Owner of the publisher"),
    "language": Translatable("Language"),
    "links": Translatable("Links to reports"),
    "text": Translatable("Text"),
    "weight": Translatable("Weight"),
    "genre": Translatable("Kind of text"),
    "grade": Translatable("Grade"),
}


def fields_of(source: Source) -> dict[str, str]:
    """Return the values of the form for a source."""
    values = {field.name: getattr(source, field.name) for field in EDITABLE.values()}
    return {name: str(value) for name, value in values.items()} | {"weight": f"{source.weight:g}"}


def read_fields(session: AdminSession, source: Source) -> tuple[FieldErrors, Source]:
    """Return the errors by field, and the source with the submitted values."""
    sent = {
        name: " ".join(session.field(name).split())[:_LONGEST_SHOWN] for name in fields_of(source)
    }
    wrong = tuple(
        FieldError(
            name,
            _("{field}: this value is not in the list.", field=shown(_LABELS[name])),
            _("Choose one from the list"),
        )
        for name, known in CHOICES.items()
        if sent[name] not in known
    )
    sent["language"] = sent["language"].lower()
    kinds = {"text": TextFrom, "weight": float}
    known = {n: value for n, value in sent.items() if value in CHOICES.get(n, (value,))}
    source = replace(source, **{n: kinds.get(n, str)(value) for n, value in known.items()})
    return wrong or tuple(
        FieldError(
            name,
            _("{field}: this is not valid.", field=shown(_LABELS[name])),
            capitalized(str(shown(words))),
        )
        for name, words in faults_of(source).items()
    ), source


#: Rows per page.
_PAGE = 50
#: Filters: key and label.
_SHOW = {
    "": Translatable("All"),
    "look": Translatable("With problems"),
    "well": Translatable("OK"),
    "paused": Translatable("Paused"),
}
_STATES_SHOWN = {"look": LOOK, "well": STATES[len(LOOK) :], "paused": ("Paused",)}


class SourceRow(NamedTuple):
    """A source in the table."""

    source: Source
    state: str
    why: str
    answered: datetime | None
    #: New reports of today (UTC), and of all days, which are counted for all sources only to sort.
    today: int
    all: int
    #: Its name, or a substitute; its address in a form that may be shown.
    name: str
    address: str


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Column label and sort key; the first is the default.
_SORTS: Mapping[str, tuple[str, Callable[[SourceRow], Any]]] = {
    "state": (Translatable("State"), lambda row: (STATES.index(row.state), row.name.casefold())),
    "name": (Translatable("Source"), lambda row: row.name.casefold()),
    "answer": (Translatable("Last response"), lambda row: row.answered or _LONG_AGO),
    "today": (Translatable("Today"), lambda row: row.today),
    "all": (Translatable("{n} days", n=DAYS), lambda row: row.all),
}


def collect(session: AdminSession) -> Response:
    """Request a collection from all sources now."""
    return request_run(session, Step.COLLECT, back="/admin/sources")


def health(session: AdminSession, *, written: str = "", wrong: FieldErrors = ()) -> Response:
    """Show all or the requested sources, with the errors of a form."""
    today, times = session.at.astimezone(UTC).date(), session.times
    listing = Listing("/admin/sources", session.query, keys=("q", "show", "sort", "order"))
    words, show = listing.asked("q").casefold(), listing.asked("show")
    first_day, midnight = today - timedelta(days=DAYS - 1), datetime.combine(today, time(), UTC)
    with session.read() as tx:
        fresh = statistics.fresh_since(tx, midnight)
        is_by_all = listing.asked("sort") == "all"
        every = statistics.fresh_since(tx, midnight - (today - first_day)) if is_by_all else {}
        rows = [
            SourceRow(
                status.source,
                *state_of(status, times),
                status.answered,
                fresh.get(status.source.url, 0),
                every.get(status.source.url, 0),
                title_of(status.source),
                address_of(status.source.url),
            )
            for status in sources.source_statuses(tx)
        ]
        states = _STATES_SHOWN.get(show, STATES)
        matching = [
            row
            for row in rows
            if words in f"{row.name} {row.address}".casefold() and row.state in states
        ]
        table, lines = listing.table(matching, _SORTS, size=_PAGE), []
        alike = Counter((row.name, site_of(row.source.url)) for row in table["rows"])
        for row in table["rows"]:
            brought = statistics.source_days(tx, row.source.url, days=DAYS, until=today)
            lines.append((row, _chart(row, brought)))
    counts = Counter("look" if row.state in LOOK else str(row.state) for row in rows)
    return session.page(
        "sources",
        **table,
        counts=counts,
        show=_SHOW,
        known=len(rows),
        lines=lines,
        alike=alike,
        site_of=site_of,
        path_of=path_of,
        span=_("{first} to {last}", first=short_day(first_day), last=short_day(today)),
        today=sum(row.today for row in rows),
        written=written,
        wrong=wrong,
    )


def _chart(row: SourceRow, days: Sequence[statistics.SourceDay]) -> tuple[int, Plot | None]:
    """Return how many reports a source brought, and its chart; None if it never brought any."""
    failed, number = [day.failed for day in days], sum(day.fresh or 0 for day in days)
    if row.answered is None and not any(failed):
        return number, None
    about = {
        "reports": ngettext("{n} new report", "{n} new reports", number),
        "days": DAYS,
        "today": row.today,
    }
    title = _("{reports} in {days} days, {today} today.", **about)
    if any(failed):
        about["gaps"] = ngettext("{n} day", "{n} days", sum(failed))
        title = _("{reports} in {days} days, {today} today; {gaps} without a response.", **about)
    return number, sparkline([day.fresh for day in days], failed=failed, title=title)


#: Most rows of each kind that are shown.
_SHOWN = 500


def bring(session: AdminSession) -> Response:
    """Read the submitted list, and redirect to its preview."""
    sent, message = session.file, _("No file was chosen.")
    hint = _("Choose an OPML file exported by a feed reader")
    if sent is not None and sent.content:
        try:
            opml = read_opml(sent.content)
        except InputError as error:
            message = _("This file is not a list of sources.")
            hint = capitalized(str(shown(error)))
        else:
            session.note("read list of sources", counted(len(opml.sources), "source"))
            return session.back(f"/admin/sources/list/{keep(session, opml)}")
    return health(session, wrong=(FieldError("file", message, hint),))


def preview(session: AdminSession) -> Response:
    """Show what a list would add, or add it."""
    key = session.path["key"]
    with session.read() as tx:
        opml = tries.kept(tx, session.key, key, Opml, at=session.at)
        here = frozenset(sources.addresses(tx))
    if opml is None:
        return session.back("/admin/sources", message="over")
    if session.posts:
        session.change(add_sources, opml.sources)
        session.context.store.apply(tries.forget, session.key, key)
        return session.back("/admin/sources", message="imported")
    new = [source for source in opml.sources if source.url not in here]
    known = [source for source in opml.sources if source.url in here]
    words: dict[str, Any] = {"kinds": KINDS, "title_of": title_of, "address_of": address_of}
    return session.page("source_list", opml=opml, new=new, known=known, most=_SHOWN, **words)


def download(session: AdminSession) -> Response:
    """Return all sources as an OPML file."""
    with session.read() as tx:
        listed = [status.source for status in sources.source_statuses(tx)]
    content = write_opml(listed, title=session.context.settings.name, made=session.at)
    headers = {"Content-Disposition": f'attachment; filename="{session.briefing}-sources.opml"'}
    return Response(content, media_type="text/x-opml", headers=headers)


def attempt(session: AdminSession) -> Response:
    """Try the submitted address, and redirect to the preview."""
    trials = session.context.trials
    if not trials:
        return session.back("/admin/sources")
    written, links = session.field("address").strip()[:_LONGEST], session.field("links").strip()
    message, hint = _("No address was entered."), shown(_EXAMPLE)
    if written and written.isprintable():
        try:
            # A name without a scheme could be read as the path of a local file.
            named = "://" in written or written.startswith(mailbox.SCHEME)
            web = written if named else f"https://{written}"
            refuse_password(web)
            listing = Source(web, kind="pages", links=links) if links else None
            if listing and (faults := faults_of(listing)):
                hint = capitalized(str(shown(faults["links"])))
                wrong = FieldError("links", _("The CSS selector for links is not valid."), hint)
                return health(session, written=written, wrong=(wrong,))
            _note_trial(session, written)
            trial = trials(web, known=listing)
        except BriefingError as error:
            words = str(error)
            known = (shown(hint) for sign, hint in _HINTS.items() if sign in words)
            message, hint = _("This address cannot be added."), next(known, sentence(error))
        else:
            return session.back(f"/admin/sources/tried/{keep(session, trial)}")
    return health(session, written=written, wrong=(FieldError("address", message, hint),))


#: Longest address in characters, as in lists of sources.
_LONGEST = 2_048
_EXAMPLE = Translatable("Write it like news.example or https://news.example/feed")
#: Advice about an address, by the message of its failure.
_HINTS = {
    "no such host": Translatable("The site does not exist: check the address"),
    "answers 404": Translatable(
        "The page does not exist: check the address, or give the home page"
    ),
    "robots.txt of": Translatable(
        "The site does not answer: check the address, or try again in a minute"
    ),
}


def _note_trial(session: AdminSession, address: str) -> None:
    # The query may contain a secret.
    session.note("try source", address.partition("?")[0])


def keep(session: AdminSession, trial: Trial | Opml) -> str:
    """Keep the result of a trial, or a list, for its preview; return its key."""
    return session.context.store.apply(tries.keep, session.key, trial, at=session.at)


def tried(session: AdminSession) -> Response:
    """Show what an address would bring, or add it with the submitted fields."""
    key = session.path["key"]
    trial = session.look(tries.kept, session.key, key, Trial, at=session.at)
    if trial is None:
        return session.back("/admin/sources", message="over")
    if not session.posts:
        return _page(session, trial, trial.source, ())
    wrong, source = read_fields(session, trial.source)
    if wrong or not session.change(add_sources, [source]):
        return _page(session, trial, source, wrong)
    session.context.store.apply(tries.forget, session.key, key)
    return session.back(path_of(source.url), message="added")


def _page(session: AdminSession, trial: Trial, source: Source, wrong: FieldErrors) -> Response:
    with session.read() as tx:
        known = frozenset(sources.addresses(tx))
    return session.page(
        "tried",
        title_of=title_of,
        address_of=address_of,
        sentence=sentence,
        kinds=KINDS,
        source=source,
        trial=trial,
        known=path_of(source.url) if source.url in known else "",
        others=[each for each in trial.sources[1:] if each.url not in known],
        fields=fields_of(source),
        grades=GRADES,
        wrong=wrong,
    )


#: Most visits and reports that are shown.
_VISITS, _REPORTS = 14, 20


def source(session: AdminSession) -> Response:  # noqa: PLR0911  each button has its answer
    """Show one source, or apply the action of the form."""
    key = session.path["key"]
    with session.read() as tx:
        url = required(next((url for url in sources.addresses(tx) if key_of(url) == key), None))
        status = required(sources.source_status(tx, url))
    source, do, trials = status.source, session.do, session.context.trials
    path = path_of(source.url)
    if not session.posts:
        return _page_of(session, status, source, ())
    if do in {"pause", "resume"}:
        return _paused(session, source.url, path)
    if do == "remove":
        return ask(
            session,
            lambda at: (
                session.run(remove_source, source.url, at=at)
                or Translatable("Reports already collected are kept.")
            ),
            title=Translatable("Remove {name}", name=title_of(source)),
            button=_("Remove this source"),
            lines=[
                _("The source is no longer fetched, and its history is deleted."),
                _("Reports already collected are kept."),
            ],
            back=path,
        )
    if do == "collect":
        if session.context.requests is not None:
            # Fetch this source now, even if it is not due.
            session.change(ask_at_once, source.url)
        return request_run(session, Step.COLLECT, back=path)
    if do == "check" and trials and "://" in source.url:
        _note_trial(session, source.url)
        try:
            trial = trials(source.url, known=source)
        except BriefingError:
            return session.back(path, message="silent")
        return session.back(f"/admin/sources/tried/{keep(session, trial)}")
    if do != "save":
        return session.back(path)
    wrong, source = read_fields(session, source)
    if wrong:
        return _page_of(session, status, source, wrong)
    given = {name: getattr(source, name) for name in fields_of(source)}
    try:
        session.change(edit_source, source.url, **given)
    except UsageError:
        return session.back("/admin/sources", message="gone")
    return session.back(path_of(source.url), message="saved")


def _paused(session: AdminSession, url: str, path: str) -> Response:
    """Resume a source, or pause it; if a day is given, until it begins."""
    if session.do == "resume":
        return session.submit(path, resume_source, url, done="resumed", refused="other")
    until, written = None, session.field("until")
    if written:
        try:
            until = begin_of(date.fromisoformat(written), zone=session.zone)
        except ValueError:
            return session.back(path, message="day")
        if until <= session.at:
            return session.back(path, message="day")
    return session.submit(path, pause_source, url, until=until, done="paused", refused="other")


def _page_of(
    session: AdminSession, status: SourceStatus, shown: Source, wrong: FieldErrors
) -> Response:
    times, source, url = session.times, status.source, status.source.url
    with session.read() as tx:
        visits = sources.visits(tx, url, limit=_VISITS)
        reports = sources.newest_of(tx, url, briefing=session.briefing, limit=_REPORTS)
        last = editions.last(tx, session.briefing)
    state, why = state_of(status, times)
    advice = advice_after(visits[0]) if visits and state == "Failing" else ""
    if state == "Silent":
        advice = _("check whether it still publishes there, or remove it")
    return session.page(
        "source",
        path=path_of(url),
        name=title_of(source),
        begins=last is None,
        state=state,
        bad=state in LOOK,
        # The reason of a failure begins with a host.
        why=f"{why}." if state == "Failing" else sentence(why),
        advice=sentence(advice),
        visits=visits,
        in_browser=in_browser,
        reports=reports,
        status_of=status,
        kinds=KINDS,
        address_of=address_of,
        fields=fields_of(shown),
        grades=GRADES,
        wrong=wrong,
    )


PAGES = (
    admin_page("/admin/sources", health, "add source"),
    admin_post("/admin/sources/collect", collect, "order collect"),
    admin_page("/admin/sources.opml", download),
    admin_post(
        "/admin/sources/import",
        bring,
        "read list of sources",
        intake=Intake(OPML_BYTES, allows=is_signed_in),
    ),
    admin_form("/admin/sources/list/{key}", preview, "add sources"),
    admin_post("/admin/sources/try", attempt, "try source"),
    admin_form("/admin/sources/tried/{key}", tried, "add source"),
    admin_form("/admin/sources/{key}", source, "edit source"),
)

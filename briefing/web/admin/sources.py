"""The sources page, lists as OPML, sources tried before they are added, and their ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from briefing.app.collect import trials
from briefing.app.collect import trials as previews
from briefing.app.collect.sources import (
    add_sources,
    faults_of,
    note_list,
    note_trial,
    refuse_password,
)
from briefing.app.collect.trials import Trial
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, InputError
from briefing.core.model import Source, SourceStatus, Step
from briefing.sources.opml import OPML_BYTES, Opml, read_opml, write_opml
from briefing.store import Transaction, sources, statistics
from briefing.store.statistics import PublisherCount
from briefing.web.admin.charts import Plot, sparkline
from briefing.web.admin.frame import (
    AdminSession,
    Head,
    Listing,
    Times,
    is_signed_in,
    times_in,
    view,
)
from briefing.web.admin.round import request_run
from briefing.web.admin.source_fields import (
    DAYS,
    KINDS,
    LOOK,
    STATES,
    address_of,
    choices,
    fields_of,
    path_of,
    read_fields,
    site_of,
    state_of,
    title_of,
    wrong_fields,
)
from briefing.web.forms import FieldError, capitalized, sentence
from briefing.web.request import ACT, ONLY_ACT, Intake, SitePage

#: Rows per page.
_PAGE = 50
#: Filters: key and label.
_SHOW: Mapping[str, str] = MappingProxyType(
    {"": "All", "look": "With problems", "well": "Well", "paused": "Paused"}
)
#: Messages shown once, by key.
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "imported": "Sources added. They will be checked at the next fetch.",
        "over": "The preview has expired after an hour. Nothing has changed.",
        "gone": "This source no longer exists. Nothing has changed.",
    }
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A table row of a source."""

    name: str
    #: What identifies it.
    url: str
    state: str
    why: str
    answered: datetime | None
    #: New reports of today (UTC), and of all days; counted of all sources only to sort by them.
    today: int
    all: int = 0

    @property
    def address(self) -> str:
        """Its address as it may be shown."""
        return address_of(self.url)

    def below(self, *, alone: bool) -> str:
        """Return what tells it from others, below its name: its site, or if that does not, all."""
        if not alone:
            return self.address
        site = site_of(self.url)
        return "" if site in self.name else site


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Column label and sort key; the first is the default.
_SORTS: Mapping[str, tuple[str, Callable[[SourceRow], Any]]] = MappingProxyType(
    {
        "state": ("State", lambda row: (STATES.index(row.state), row.name.casefold())),
        "name": ("Source", lambda row: row.name.casefold()),
        "answer": ("Last answer", lambda row: row.answered or _LONG_AGO),
        "today": ("Today", lambda row: row.today),
        "all": (f"{DAYS} days", lambda row: row.all),
    }
)


def health(session: AdminSession) -> Response:
    """Show all or the requested sources."""
    return list_page(session)


def collect(session: AdminSession) -> Response:
    """Ask the round to read all sources now."""
    return request_run(session, Step.COLLECT, back="/admin/sources")


def list_page(
    session: AdminSession, *, written: str = "", wrong: tuple[FieldError, ...] = ()
) -> Response:
    """Show the page, with what is wrong in one of its forms."""
    times = times_in(session.zone, now=session.request.at)
    today = session.request.at.astimezone(UTC).date()
    listing = Listing("/admin/sources", session.request.query, keys=("q", "show", "sort", "order"))
    with session.context.store.read() as tx:
        rows = _rows(tx, times, today=today, sort=listing.asked("sort"))
        matching = _asked(rows, words=listing.asked("q"), show=listing.asked("show"))
        sort, ordered = listing.ordered(matching, {key: by for key, (_, by) in _SORTS.items()})
        first = (listing.page - 1) * _PAGE
        lines = _lines(tx, ordered[first : first + _PAGE], times, today=today)
    return session.page(
        "sources",
        status=422 if wrong else 200,
        listing=listing,
        heads=_heads(session, sort),
        summary=_summary(rows),
        show=_SHOW,
        known=len(rows),
        lines=lines,
        first=first + 1,
        total=len(matching),
        pages=listing.pages(len(matching), size=_PAGE),
        span=f"{_short(today - timedelta(days=DAYS - 1))} to {_short(today)}",
        today=sum(row.today for row in rows),
        can_try=session.context.trials is not None,
        can_collect=session.context.requests is not None,
        written=written,
        wrong=wrong,
    )


def _rows(tx: Transaction, times: Times, *, today: date, sort: str) -> list[SourceRow]:
    midnight = datetime.combine(today, time(), UTC)
    fresh_today, first = statistics.fresh_since(tx, midnight), timedelta(days=DAYS - 1)
    fresh = statistics.fresh_since(tx, midnight - first) if sort == "all" else {}
    return [
        _row(status, times, today=fresh_today, days=fresh) for status in sources.source_statuses(tx)
    ]


def _row(
    status: SourceStatus, times: Times, *, today: Mapping[str, int], days: Mapping[str, int]
) -> SourceRow:
    url = status.source.url
    state, why = state_of(status, times)
    return SourceRow(
        name=title_of(status.source),
        url=url,
        state=state,
        why=why,
        answered=status.answered,
        today=today.get(url, 0),
        all=days.get(url, 0),
    )


def _lines(
    tx: Transaction, rows: Sequence[SourceRow], times: Times, *, today: date
) -> list[dict[str, object]]:
    alike = Counter((row.name, site_of(row.url)) for row in rows)
    days = [statistics.source_days(tx, row.url, days=DAYS, until=today) for row in rows]
    return [
        {
            "row": row,
            "below": row.below(alone=alike[row.name, site_of(row.url)] == 1),
            "path": path_of(row.url),
            "answered": times.moment(row.answered),
            "all": sum(day.fresh or 0 for day in brought),
            "chart": _chart(row, brought),
        }
        for row, brought in zip(rows, days, strict=True)
    ]


def _asked(rows: Sequence[SourceRow], *, words: str, show: str) -> list[SourceRow]:
    text = words.casefold()
    return [
        row
        for row in rows
        if text in f"{row.name} {row.address}".casefold() and _is_shown(row, show)
    ]


def _is_shown(row: SourceRow, show: str) -> bool:
    if show == "paused":
        return row.state == "Paused"
    return show not in _SHOW or not show or (row.state in LOOK) == (show == "look")


def _summary(rows: Sequence[SourceRow]) -> str:
    look = sum(row.state in LOOK for row in rows)
    new, paused = (sum(row.state == state for row in rows) for state in ("New", "Paused"))
    well = len(rows) - look - new - paused
    counts = {"well": well, "with problems": look, "not fetched yet": new, "paused": paused}
    words = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    return f"{counted(len(rows), 'source')}: {words if well < len(rows) else 'all well'}."


def _heads(session: AdminSession, sort: str) -> dict[str, Head]:
    # A new order begins on the first page.
    listing = Listing("/admin/sources", session.request.query, keys=("q", "show"))
    return {key: listing.head(key, label, sort=sort) for key, (label, _) in _SORTS.items()}


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _chart(row: SourceRow, days: Sequence[statistics.SourceDay]) -> Plot | None:
    if row.answered is None and not any(day.failed for day in days):
        return None
    failed = [day.failed for day in days]
    number = sum(day.fresh or 0 for day in days)
    title = f"{counted(number, 'new report')} in {DAYS} days, {row.today} today"
    if any(failed):
        title = f"{title}; {counted(sum(failed), 'day')} without a response"
    return sparkline([day.fresh for day in days], failed=failed, title=f"{title}.")


#: Rows of each kind that are shown.
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class _Split:
    """The sources of a list."""

    new: tuple[Source, ...]
    known: tuple[Source, ...]


def bring(session: AdminSession) -> Response:
    """Read the list that was sent; lead to the preview."""
    sent = session.request.file
    if sent is None or not sent.content:
        return _refused(session, "No file was sent.", "Choose the OPML file that a reader exported")
    try:
        opml = read_opml(sent.content)
    except InputError as error:
        return _refused(session, "This file is not a list of sources.", capitalized(str(error)))
    session.change(note_list, opml)
    with session.context.store.write() as tx:
        key = trials.keep(tx, session.key, opml, at=session.request.at)
    return session.back(f"/admin/sources/list/{key}")


def _refused(session: AdminSession, message: str, hint: str) -> Response:
    return list_page(session, wrong=(FieldError("file", message, hint),))


def preview(session: AdminSession) -> Response:
    """Show what a list would add, or add it."""
    key = session.request.path["key"]
    with session.context.store.read() as tx:
        opml = trials.kept(tx, session.key, key, Opml, at=session.request.at)
    if opml is None:
        return session.back("/admin/sources", message="over")
    if session.request.posts:
        session.change(add_sources, opml.sources)
        with session.context.store.write() as tx:
            trials.forget(tx, session.key, key)
        return session.back("/admin/sources", message="imported")
    split = _split(session, opml)
    return session.page(
        "source_list",
        opml=opml,
        summary=_summary_source_lists(opml, split),
        new=[(title_of(one), address_of(one.url), _about(one)) for one in split.new[:_SHOWN]],
        known=[(title_of(one), address_of(one.url)) for one in split.known[:_SHOWN]],
        more_new=max(0, len(split.new) - _SHOWN),
        more_known=max(0, len(split.known) - _SHOWN),
        adds=counted(len(split.new), "source"),
    )


def download(session: AdminSession) -> Response:
    """Send all sources as an OPML file."""
    context = session.context
    with context.store.read() as tx:
        listed = [status.source for status in sources.source_statuses(tx)]
    content = write_opml(listed, title=context.name, made=session.request.at)
    name = f"{context.briefing}-sources.opml"
    return Response(
        content,
        media_type="text/x-opml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _split(session: AdminSession, opml: Opml) -> _Split:
    with session.context.store.read() as tx:
        here = frozenset(sources.addresses(tx))
    return _Split(
        tuple(one for one in opml.sources if one.url not in here),
        tuple(one for one in opml.sources if one.url in here),
    )


def _summary_source_lists(opml: Opml, split: _Split) -> str:
    lost = f", {opml.lost:,} could not be used" if opml.lost else ""
    return f"{len(split.new):,} new, {len(split.known):,} already known{lost}."


def _about(source: Source) -> str:
    parts = (
        "" if source.kind == "feed" else KINDS.get(source.kind, source.kind),
        source.owner and f"owner {source.owner}",
        source.language,
        "" if source.weight == 1 else f"weight {source.weight:g}",
        source.grade and f"grade {source.grade}",
        source.genre,
    )
    return ", ".join(part for part in parts if part)


#: Longest address in characters, as in lists of sources.
_LONGEST = 2_048
_EXAMPLE = "Write it like news.example or https://news.example/feed"


def attempt(session: AdminSession) -> Response:
    """Try the address that was sent; lead to the preview."""
    trials = session.context.trials
    if trials is None:
        return session.back("/admin/sources")
    written = session.field("address").strip()[:_LONGEST]
    if not written or not written.isprintable():
        wrong = FieldError("address", "There is no address to try.", _EXAMPLE)
        return list_page(session, written=written, wrong=(wrong,))
    try:
        refuse_password(written if "://" in written else f"https://{written}")
        session.change(note_trial, written)
        trial = trials(written)
    except BriefingError as error:
        wrong = FieldError("address", "This address cannot be added.", sentence(str(error)))
        return list_page(session, written=written, wrong=(wrong,))
    return session.back(f"/admin/sources/tried/{keep(session, trial)}")


def keep(session: AdminSession, trial: Trial) -> str:
    """Keep the result of a trial; return its key."""
    with session.context.store.write() as tx:
        return previews.keep(tx, session.key, trial, at=session.request.at)


def tried(session: AdminSession) -> Response:
    """Show what an address would bring, or add it with what was filled in."""
    key = session.request.path["key"]
    with session.context.store.read() as tx:
        trial = previews.kept(tx, session.key, key, Trial, at=session.request.at)
    if trial is None:
        return session.back("/admin/sources", message="over")
    if not session.request.posts:
        return _page(session, trial, trial.source, ())
    wrong, source = read_fields(session, trial.source)
    wrong = wrong or wrong_fields(faults_of(source))
    if wrong:
        return _page(session, trial, source, wrong)
    if not session.change(add_sources, [source]):
        return _page(session, trial, source, ())
    with session.context.store.write() as tx:
        previews.forget(tx, session.key, key)
    return session.back(path_of(source.url), message="added")


def _page(
    session: AdminSession, trial: Trial, source: Source, wrong: tuple[FieldError, ...]
) -> Response:
    times = times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        known = frozenset(sources.addresses(tx))
    health = trial.health
    return session.page(
        "tried",
        status=422 if wrong else 200,
        name=title_of(trial.source),
        facts={
            "Address": address_of(source.url),
            "Kind": KINDS.get(source.kind, source.kind),
            "Reports": f"{health.items}, {health.texts}" if health.items else "none now",
            "Newest": times.moment(health.newest) or "no date given",
            "Language": trial.language or "not known",
            "robots.txt": health.robots or "does not apply",
        },
        reason=sentence(health.reason),
        advice=sentence(health.advice),
        readable=health.reachable and (health.items > 0 or not health.reason),
        reports=[(times.moment(one.published), one) for one in trial.reports],
        known=path_of(source.url) if source.url in known else "",
        others=[
            (title_of(one), address_of(one.url), one.url)
            for one in trial.found[1:]
            if one.url not in known
        ],
        fields=fields_of(source),
        choices=choices(),
        wrong=wrong,
    )


_PATH = "/admin/sources/ledger"
#: Days to count, by the value of the field, and its label.
_SPANS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"": (30, "30 days"), "year": (365, "A year")}
)
#: Column label and sort key; the first is the default. Most comes first.
_SORTS_SOURCE_LEDGER: Mapping[str, tuple[str, Callable[[PublisherCount], Any]]] = MappingProxyType(
    {
        "reports": ("Reports", lambda one: (-one.reports, one.name.casefold())),
        "name": ("Publisher", lambda one: one.name.casefold()),
        "printed": ("Printed", lambda one: -one.printed),
        "corrected": ("Corrected", lambda one: -one.corrected),
        "first": ("First", lambda one: -one.first),
        "silent": ("Silent days", lambda one: -one.silent),
    }
)


def ledger(session: AdminSession) -> Response:
    """Show the counts of all publishers, or of those with the words asked for in their names."""
    today = session.request.at.astimezone(UTC).date()
    listing = Listing(_PATH, session.request.query, keys=("q", "span", "sort", "order"))
    span = listing.asked("span") if listing.asked("span") in _SPANS else ""
    since = today - timedelta(days=_SPANS[span][0] - 1)
    with session.context.store.read() as tx:
        counts = statistics.publisher_counts(tx, session.context.briefing, since=since, until=today)
    words = listing.asked("q").casefold()
    matching = [one for one in counts if words in one.name.casefold()]
    sort, ordered = listing.ordered(
        matching, {key: by for key, (_, by) in _SORTS_SOURCE_LEDGER.items()}
    )
    first = (listing.page - 1) * _PAGE
    # A new order begins on the first page.
    heads = Listing(_PATH, session.request.query, keys=("q", "span"))
    return session.page(
        "source_ledger",
        listing=listing,
        heads={
            key: heads.head(key, label, sort=sort)
            for key, (label, _) in _SORTS_SOURCE_LEDGER.items()
        },
        spans={key: label for key, (_, label) in _SPANS.items()},
        span=span,
        known=len(counts),
        summary=f"{counted(len(counts), 'publisher')} since {since.day} {since:%B %Y}.",
        rows=ordered[first : first + _PAGE],
        begins=first + 1,
        total=len(matching),
        pages=listing.pages(len(matching), size=_PAGE),
    )


PAGES = (
    SitePage("/admin/sources", view(health, messages=MESSAGES)),
    SitePage("/admin/sources/collect", view(collect, posts=True), ONLY_ACT),
    SitePage("/admin/sources.opml", view(download)),
    SitePage(
        "/admin/sources/import",
        view(bring, posts=True),
        ONLY_ACT,
        Intake(OPML_BYTES, allows=is_signed_in),
    ),
    SitePage("/admin/sources/list/{key}", view(preview, posts=True, messages=MESSAGES), ACT),
    SitePage("/admin/sources/try", view(attempt, posts=True), ONLY_ACT),
    SitePage("/admin/sources/tried/{key}", view(tried, posts=True, messages=MESSAGES), ACT),
    SitePage(_PATH, view(ledger)),
)

"""What editions printed about watch-lists, with its proof, and alerts about new stories."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from briefing.app.analyses import known
from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import Document, Material, WatchList, digest, recent
from briefing.core.text.analysis import AnalysisRule
from briefing.core.text.watch import Matcher
from briefing.core.text.watch_alerts import WatchAlert, find_alerts
from briefing.store import Store, Transaction, documents, editions, sources, watch_lists

#: Periods over which the stories of a list are counted, including the last day.
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


@frozen
class WatchSummary:
    """A watch-list with its counts."""

    name: str
    label: str
    #: Whether it is still in the settings.
    active: bool
    #: Stories of the last 7 and of the last 30 days.
    week: int
    month: int
    #: The last day on which an edition named it; None: none has.
    last: date | None


@frozen
class ProvedStory:
    """A story that names a list, compared with the stored text."""

    story: watch_lists.WatchedStory
    #: The document that its words are from, without its text; None: it is not stored.
    source: Document | None
    #: Whether the slice has the words that were printed.
    proved: bool


@frozen
class ShownWatch:
    """A watch-list over time."""

    summary: WatchSummary
    #: Stories of the last 30 days by entry, most first; entries of the settings without stories
    #: come last.
    entries: Mapping[str, int]
    #: Number of days on which editions named it, and the stories of the days requested.
    days: int
    stories: tuple[ProvedStory, ...]


def summaries(
    tx: Transaction, briefing: str, lists: Sequence[WatchList], *, today: date
) -> tuple[WatchSummary, ...]:
    """Return the lists of the settings in order, then those that only editions have."""
    return tuple(
        _summary(tx, briefing, name, watching, today=today)
        for name, watching in _every(tx, briefing, lists).items()
    )


def _every(
    tx: Transaction, briefing: str, lists: Sequence[WatchList]
) -> dict[str, WatchList | None]:
    """Return all lists by name; None for those that are no longer in the settings."""
    own = {watching.name: watching for watching in lists}
    return {**own, **{name: own.get(name) for name in watch_lists.names(tx, briefing)}}


def _summary(
    tx: Transaction, briefing: str, name: str, watching: WatchList | None, *, today: date
) -> WatchSummary:
    week, month = (
        watch_lists.stories(tx, briefing, name, since=_since(today, span), upto=today)
        for span in (WEEK, MONTH)
    )
    return WatchSummary(
        name,
        watching.heading if watching else name,
        watching is not None,
        week,
        month,
        watch_lists.last(tx, briefing, name),
    )


def show(  # noqa: PLR0913  which days of which list
    tx: Transaction,
    briefing: str,
    name: str,
    *,
    lists: Sequence[WatchList],
    today: date,
    limit: int,
    offset: int = 0,
) -> ShownWatch:
    """Return a list with the stories of some of its days, newest first.

    InputError: neither the settings nor an edition has a list of this name.
    """
    known = _every(tx, briefing, lists)
    if name not in known:
        names = f"there are {', '.join(known)}" if known else "there is none; add one: [[watch]]"
        raise InputError(f"no watch-list {name[:40]!r}; {names}")
    counts = watch_lists.entries(tx, briefing, name, since=_since(today, MONTH), upto=today)
    watching = known[name]
    named = [entry.name for entry in watching.entries] if watching else []
    days, stories = watch_lists.by_day(tx, briefing, name, limit=limit, offset=offset)
    texts = documents.texts(tx, {story.sentence.document for story in stories})
    proved = []
    for story in stories:
        sentence, source = story.sentence, texts.get(story.sentence.document)
        words = (source.title if story.named else source.text) if source else ""
        same = source is not None and words[sentence.start : sentence.end] == sentence.text
        proved.append(ProvedStory(story, source, same))
    return ShownWatch(
        _summary(tx, briefing, name, watching, today=today),
        {**counts, **{entry: 0 for entry in named if entry not in counts}},
        days,
        tuple(proved),
    )


def _since(today: date, span: timedelta) -> date:
    return today - span + timedelta(days=1)


#: How long before the last check reports may have been collected that were stored after it.
_LATE = timedelta(hours=1)
#: How long reports of a story count as alerted; an edition covers fewer days.
_KEPT = timedelta(days=60)
#: Editions with whose stories today's are compared: as many as are made in a week.
_BEFORE = 7


@frozen
class WatchAlertPlan:
    """When and how a briefing alerts about watched news."""

    #: Slug of the briefing.
    briefing: str
    #: Lists that cause alerts.
    lists: tuple[WatchList, ...]
    #: Identifies how documents are analyzed.
    rule: AnalysisRule
    #: How far back reports are read if there is no edition, and how old they may be.
    first: timedelta
    oldest: timedelta
    #: Longest time between the publication of reports of one story.
    window: timedelta
    #: Returns the line for recipients of all other alerts; empty: they do not get this one.
    line: Callable[[WatchAlert], str]
    #: Queues the mails about it.
    mail: Callable[[Transaction, WatchAlert, datetime], None]


def alert(store: Store, plan: WatchAlertPlan, *, at: datetime) -> int:
    """Alert about new stories since the last edition that reach the threshold of a list.

    Each alert is recorded in one transaction with its mails. Return how many there were.

    StoreError: the store cannot be read or written; no alert will be repeated.
    """
    if not plan.lists:
        return 0
    given = 0
    for new in _find(store, plan, at=at):
        # The address of an edited report stays the same.
        every = (*new.story.documents, *new.story.copies)
        reports = sorted({digest(report.url or report.id) for report in every})
        with store.write() as tx:
            first = watch_lists.put_alert(
                tx, plan.briefing, new.list.name, reports, at=at, message=plan.line(new)
            )
            if first:
                plan.mail(tx, new, at)
        given += first
    store.apply(watch_lists.look, plan.briefing, at=at, forget=at - _KEPT)
    return given


def _find(store: Store, plan: WatchAlertPlan, *, at: datetime) -> tuple[WatchAlert, ...]:
    """Return new stories for alerts; empty if no report since the last check names a list."""
    watch = Matcher.of(plan.lists)
    with store.read() as tx:
        since = editions.reached(tx, plan.briefing, before=date.max) or at - plan.first
        looked = watch_lists.looked(tx, plan.briefing)
        fresh = max(since, min(looked, at) - _LATE) if looked else since
        collected = partial(sources.window, tx, published_since=at - plan.oldest)
        reports = collected(since=fresh).documents
        if not any(hit.leads for report in reports for hit in watch(report)):
            return ()
        if fresh > since:
            reports = collected(since=since).documents
        records = editions.records(tx, plan.briefing, before=date.max, most=_BEFORE)
        before = recent(
            (record.read(text, name=name).edition for name, text in records), day=at.date()
        )
        # Today's edition, which may be dated tomorrow, counts as an earlier one.
        day = max([at.date(), *(edition.day for edition in before)]) + timedelta(days=1)
        return find_alerts(
            Material(reports, day, before=before),
            watch=watch,
            known=known(tx, reports, rule=plan.rule),
            language=plan.rule.language,
            window=plan.window,
        )

"""VERB: alerts at once to a new story that a watch-list names, exactly once a story and list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.app.analyses import known
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.model import Document, Material, WatchList, digest, recent
from briefing.core.text.analysis import AnalysisRule
from briefing.core.text.watch import Matcher
from briefing.core.text.watch_alerts import WatchAlert, find_alerts
from briefing.store import Store, Transaction, collected, editions, watch_alerts

#: How long before the last look reports may have been collected that were kept after it.
_LATE = timedelta(hours=1)
#: How long reports of a story count as told; an edition covers fewer days.
_KEPT = timedelta(days=60)
#: Editions with whose stories those of today are compared: as many as have been made in a week.
_BEFORE = 7


@dataclass(frozen=True, slots=True)
class WatchAlertPlan:
    """When a briefing alerts to watched news, and how."""

    #: Of the briefing, as on the nameplate.
    name: str
    #: Those that alert.
    lists: tuple[WatchList, ...]
    #: By what documents are analyzed.
    rule: AnalysisRule
    #: How far back reports are read without an edition, and how old they may be.
    first: timedelta
    oldest: timedelta
    #: How far apart reports of one story may be published.
    window: timedelta
    #: Returns the line of an alert for those who get all others; empty: they do not get it.
    line: Callable[[WatchAlert], str]
    #: Has the mails about it sent.
    mail: Callable[[Transaction, WatchAlert, datetime], None]

    @property
    def briefing(self) -> str:
        """The name as the store has it."""
        return slug(self.name)


def alert(store: Store, plan: WatchAlertPlan, *, at: datetime) -> int:
    """Alert to the new stories since the last edition that reach the threshold of a list.

    An alert is recorded, and its mails are queued, in one transaction. Return how many were given.

    Args:
        store: of the briefing.
        plan: of the briefing.
        at: now, aware UTC.

    Raises:
        StoreError: the store cannot be read or written; what was given is not given again.
    """
    if not plan.lists:
        return 0
    given = 0
    for found in _find(store, plan, at=at):
        reports = sorted({_key(one) for one in (*found.story.documents, *found.story.copies)})
        with store.write() as tx:
            line = plan.line(found)
            first = watch_alerts.give(
                tx, plan.briefing, found.list.name, reports, at=at, message=line
            )
            if first:
                plan.mail(tx, found, at)
        given += first
    with store.write() as tx:
        watch_alerts.look(tx, plan.briefing, at=at, forget=at - _KEPT)
    return given


def _key(report: Document) -> str:
    """Return what a report is known by; that of an edited one stays."""
    return digest(report.url or report.id)


def _find(store: Store, plan: WatchAlertPlan, *, at: datetime) -> tuple[WatchAlert, ...]:
    """Return what is to be alerted to; nothing if no report since the last look names a list."""
    watch = Matcher.of(plan.lists)
    with store.read() as tx:
        since = editions.reached(tx, plan.briefing, before=date.max) or at - plan.first
        looked = watch_alerts.looked(tx, plan.briefing)
        fresh = max(since, min(looked, at) - _LATE) if looked else since
        reports = _collected(tx, plan, since=fresh, at=at)
        if not any(hit.leads for one in reports for hit in watch(one)):
            return ()
        if fresh > since:
            reports = _collected(tx, plan, since=since, at=at)
        records = editions.records(tx, plan.briefing, before=date.max, most=_BEFORE)
        before = recent(
            (record.read(text, name=name).edition for name, text in records), day=at.date()
        )
        # Today's edition, which may be dated tomorrow, is one of the earlier ones.
        day = max([at.date(), *(edition.day for edition in before)]) + timedelta(days=1)
        return find_alerts(
            Material(reports, day, before=before),
            watch=watch,
            known=known(tx, reports, rule=plan.rule),
            language=plan.rule.language,
            window=plan.window,
        )


def _collected(
    tx: Transaction, plan: WatchAlertPlan, *, since: datetime, at: datetime
) -> tuple[Document, ...]:
    return collected.window(tx, since=since, published_since=at - plan.oldest).documents

"""Alerts at once to new stories that name what is watched for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from briefing.app.watch_alerts import WatchAlertPlan, alert
from briefing.core.budget import SPAN, is_spent
from briefing.core.errors import BriefingError
from briefing.core.model import DeliveryStatus, MailKind
from briefing.core.text.watch_alerts import WatchAlert
from briefing.setup.alert_mail import source_of, watch_digest, watch_line, watch_text
from briefing.setup.clock import now
from briefing.setup.news import window
from briefing.setup.outbox import mail_operators
from briefing.setup.parts import rule
from briefing.setup.settings import Settings
from briefing.store import Store, Transaction, deliveries

LOG = logging.getLogger("briefing.alerts")

#: How long a mail is tried: then the next edition has the story.
_TRIED = timedelta(days=1)
#: Stands for the source of a digest; and characters of one, and what it says when it is full.
_DIGEST, _LONGEST, _MORE = "\N{HORIZONTAL ELLIPSIS}", 30_000, "\nAnd more: see the watch-lists.\n"


def alert_watched(store: Store, *, settings: Settings, folder: Path) -> int:
    """Alert to what was collected since, if lists ask for it; return how many alerts were given.

    A failure is only logged: what was collected is kept, and the next run looks again.
    """
    if not any(one.alert for one in settings.watch):
        return 0
    try:
        given = alert(store, plan_of(settings), at=now())
    except BriefingError as error:
        LOG.warning("watch-lists cannot alert: %s", error)
        return 0
    if given:
        mail_operators(store, settings=settings, folder=folder)
    return given


def _put(  # noqa: PLR0913  what about, to whom, in which words, when
    tx: Transaction, address: str, found: WatchAlert, *, text: str, name: str, at: datetime
) -> None:
    """Queue a mail about a story, or above the budget of an hour a line of one digest.

    The first line of the words is the address and, behind a tab, the source or that of a digest.
    """
    kind, head = MailKind.WATCH, f"{address}\t{_DIGEST}\n"
    mails = deliveries.asked_since(tx, kind, at - SPAN)
    heads = (one.words.partition("\n")[0].partition("\t") for one in mails)
    before = [(source, to) for to, _, source in heads if source != _DIGEST]
    source = source_of(found)
    if not is_spent(before, source=source, reader=address):
        words = f"{address}\t{source}\n{text}"
        deliveries.put_mail(tx, kind, words=words, at=at, until=at + _TRIED)
        return
    line, waiting = f"\n- {watch_line(found)}\n", DeliveryStatus.DUE
    for one in mails:
        if one.words.startswith(head) and one.status is waiting and not one.tries:
            if not one.words.endswith(_MORE):
                more = line if len(one.words) < _LONGEST else _MORE
                deliveries.add_words(tx, one.id, more)
            return
    words, due = f"{head}{watch_digest(name=name)}{line}", at + SPAN
    deliveries.put_mail(tx, kind, words=words, at=at, until=due + _TRIED, due=due)


def plan_of(settings: Settings) -> WatchAlertPlan:
    """Return when a briefing alerts to watched news, and whom."""
    own = {one.name: one.alert_mail for one in settings.watch}
    reports = window(settings)
    everybody = (settings.alerts.mail,) if settings.alerts.mail else ()

    def line(found: WatchAlert) -> str:
        return "" if own[found.list.name] else watch_line(found)

    def mail(tx: Transaction, found: WatchAlert, at: datetime) -> None:
        LOG.warning("watched: %s", watch_line(found))
        if not settings.mail.sender:
            return
        text = watch_text(found, name=settings.name, web=settings.web.address)
        for address in dict.fromkeys(own[found.list.name] or everybody):
            _put(tx, address, found, text=text, name=settings.name, at=at)

    return WatchAlertPlan(
        name=settings.name,
        lists=tuple(one.watched for one in settings.watch if one.alert),
        rule=rule(settings),
        first=reports.first,
        oldest=reports.oldest,
        window=timedelta(hours=settings.window_hours),
        line=line,
        mail=mail,
    )

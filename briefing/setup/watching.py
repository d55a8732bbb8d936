"""Alerts at once to new stories that name what is watched for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from briefing.app.watch_alerts import WatchAlertPlan, alert
from briefing.core.errors import BriefingError
from briefing.core.model import MailKind
from briefing.core.text.watch_alerts import WatchAlert
from briefing.setup.alert_mail import watch_line, watch_text
from briefing.setup.clock import now
from briefing.setup.news import window
from briefing.setup.outbox import mail_operators
from briefing.setup.parts import rule
from briefing.setup.settings import Settings
from briefing.store import Store, Transaction, deliveries

LOG = logging.getLogger("briefing.alerts")

#: How long a mail is tried: then the next edition has the story.
_TRIED = timedelta(days=1)


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
            words = f"{address}\n{text}"
            deliveries.put_mail(tx, MailKind.WATCH, words=words, at=at, until=at + _TRIED)

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

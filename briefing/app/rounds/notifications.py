"""PURE: which alerts an operator is notified of now, and in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from briefing.app.rounds.alerts import AGAIN, AHEAD, SUBJECT, Alert, AlertKind
from briefing.core.model import Step


@dataclass(frozen=True, slots=True)
class SentAlert:
    """An alert and when it was last sent."""

    alert: Alert
    #: Aware UTC.
    at: datetime


class Phase(StrEnum):
    """Why a notification is sent now."""

    BEGAN = "began"
    #: Its reason has changed.
    CHANGED = "changed"
    #: Nothing has changed for a day.
    LASTS = "lasts"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification to send."""

    phase: Phase
    alert: Alert
    #: Now, aware UTC.
    at: datetime

    @property
    def message(self) -> str:
        """The message, one line; may hold text from outside."""
        since = f"since {self.alert.since:%d %B %H:%M} UTC"
        if self.phase is Phase.OVER:
            over = f"{_over(self.alert)} since {self.at:%d %B %H:%M} UTC"
            return f"{over}; the problem had lasted {since}"
        if self.phase is Phase.LASTS:
            return f"ongoing {since}: {self.alert.message}"
        return self.alert.message


def _over(alert: Alert) -> str:
    if alert.kind is AlertKind.FAILING:
        return f"{SUBJECT[Step(alert.key)]} works again"
    if alert.kind is AlertKind.PREFLIGHT:
        return f"{alert.key}: passes again"
    if alert.kind in {AlertKind.LATE, AlertKind.BLIND}:
        return f"the {alert.message.partition(':')[0]} is available"
    if alert.kind is AlertKind.AHEAD:
        return f"the edition of {alert.key.removeprefix(AHEAD)} is no longer dated ahead"
    return _OVER[alert.kind]


_OVER = {
    AlertKind.HELD: "it was released or dropped",
    AlertKind.SOURCES: "every source has answered within a day",
    AlertKind.DISK: "there is enough space on the disk of the store",
    AlertKind.WORKER: "workers do what waits again",
    AlertKind.BLOCKED: "the round works again",
}


def decide(
    alerts: Sequence[Alert], sent: Mapping[str, SentAlert], now: datetime
) -> tuple[Notification, ...]:
    """Return the notifications that are due: alerts that are new, changed, a day old, or over.

    A message in which only numbers differ has not changed.

    Args:
        alerts: all current ones.
        sent: by key, the alerts sent before and not known to be over.
        now: aware.
    """
    current = [
        Notification(phase, _with_begin(alert, sent.get(alert.key)), now)
        for alert in alerts
        if (phase := _phase(alert, sent.get(alert.key), now))
    ]
    here = {alert.key for alert in alerts}
    over = (
        Notification(Phase.OVER, previous.alert, now)
        for key, previous in sent.items()
        if key not in here and not previous.alert.once
    )
    return (*current, *over)


def remembered(
    sent: Mapping[str, SentAlert],
    alerts: Sequence[Alert],
    notices: Sequence[Notification],
    now: datetime,
) -> dict[str, SentAlert]:
    """Return the alerts sent so far: with the new ones, without those that are over."""
    here = {alert.key for alert in alerts}
    new = {notice.alert.key: SentAlert(notice.alert, now) for notice in notices}
    return {key: previous for key, previous in {**sent, **new}.items() if key in here}


def _phase(alert: Alert, previous: SentAlert | None, now: datetime) -> Phase | None:
    """Return why an alert is sent now; None: it is not."""
    if previous is None:
        return Phase.BEGAN
    if _reason(alert) != _reason(previous.alert):
        return Phase.CHANGED
    # Either way, as a clock may have been set back by any time.
    lasts = abs(now - previous.at) >= AGAIN and not alert.once
    return Phase.LASTS if lasts else None


def _reason(alert: Alert) -> tuple[AlertKind, bool, str]:
    return alert.kind, alert.once, re.sub(r"\d+", "0", alert.message)


def _with_begin(alert: Alert, previous: SentAlert | None) -> Alert:
    """Return an alert with its first begin: the runs that were read may not reach back so far."""
    if (
        previous is None
        or previous.alert.kind is not alert.kind
        or previous.alert.since >= alert.since
    ):
        return alert
    return Alert(alert.kind, alert.key, previous.alert.since, alert.message, once=alert.once)

"""Finds alerts after each run, decides which to send now, and remembers what was sent."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock

from briefing.app.release import waiting
from briefing.app.rounds.alerts import (
    AGAIN,
    AHEAD,
    SUBJECT,
    Alert,
    AlertKind,
    Observations,
    SlotState,
    alerts_of,
    preflight_alerts,
)
from briefing.core.errors import InputError, StoreError, writing
from briefing.core.frozen import frozen
from briefing.core.model import Run, Step, digest
from briefing.core.record import from_json, to_json
from briefing.core.schedule import Timetable
from briefing.store import (
    Store,
    Transaction,
    archive,
    audit,
    deliveries,
    drafts,
    facts,
    jobs,
    runs,
    sources,
    watch_lists,
)
from briefing.store.location import StoreLocation, write_private


@frozen
class SentAlert:
    """An alert and when it was last sent."""

    alert: Alert
    #: Aware UTC.
    at: datetime


class Phase(StrEnum):
    """Why a notification is sent now."""

    BEGAN = "began"
    #: The message of the alert has changed.
    CHANGED = "changed"
    #: Nothing has changed for a day.
    LASTS = "lasts"
    OVER = "over"


@frozen
class Notification:
    """One notification to send."""

    phase: Phase
    alert: Alert
    #: Time of sending, aware UTC.
    at: datetime

    @property
    def message(self) -> str:
        """The message in one line; may contain text from outside."""
        since = f"{self.alert.since:%Y-%m-%d %H:%M}"
        if self.phase is Phase.OVER:
            over = f"{_over(self.alert)} since {self.at:%Y-%m-%d %H:%M} UTC"
            return f"{over}; the problem had lasted since {since} UTC"
        if self.phase is Phase.LASTS:
            return f"ongoing since {since} UTC: {self.alert.message}"
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
    AlertKind.WORKER: "workers handle waiting jobs again",
    AlertKind.BLOCKED: "the round works again",
}


def decide(
    alerts: Sequence[Alert], sent: Mapping[str, SentAlert], now: datetime
) -> tuple[Notification, ...]:
    """Return the notifications that are due: for alerts that are new, changed, a day old, or over.

    Messages that differ only in numbers count as unchanged.

    ``sent`` has, by key, the alerts sent before and not known to be over.
    """
    current = list[Notification]()
    for alert in alerts:
        previous = sent.get(alert.key)
        if previous is None:
            phase = Phase.BEGAN
        elif _reason(alert) != _reason(previous.alert):
            phase = Phase.CHANGED
        # The absolute difference, as a clock may have been set back by any amount.
        elif abs(now - previous.at) >= AGAIN and not alert.once:
            phase = Phase.LASTS
        else:
            continue
        since = alert.since
        if previous and previous.alert.kind is alert.kind:
            # The runs that were read may not reach back to when the alert began.
            since = min(previous.alert.since, since)
        current.append(Notification(phase, replace(alert, since=since), now))
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
    """Return the alerts sent so far: with new ones, without those that are over."""
    here = {alert.key for alert in alerts}
    new = {notice.alert.key: SentAlert(notice.alert, now) for notice in notices}
    return {key: previous for key, previous in {**sent, **new}.items() if key in here}


def _reason(alert: Alert) -> tuple[AlertKind, bool, str]:
    return alert.kind, alert.once, re.sub(r"\d+", "0", alert.message)


LOG = logging.getLogger("briefing.alerts")

#: Recent runs of each step that are read: a day of collecting.
_RUNS = 50
#: How far back editions are read: longer than any grace period.
_PRINTED = timedelta(days=400)
#: Characters of a slug in a file name.
_LONGEST_SLUG = 40

#: Sends notifications; raises an OSError or an InputError on failure.
Channel = Callable[[Sequence[Notification]], None]


@frozen
class Alerting:
    """Finds alerts after each run and sends those that are due; thread-safe."""

    #: None: the store cannot be opened, so that only the checks are known.
    store: Store | None
    #: Slug of the briefing.
    briefing: str
    timetable: Timetable
    #: Channels by name; empty: alerts are off, and only logged.
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    #: Checks everything that the next edition needs; returns a line for each failed check, by its
    #: name.
    broken: Callable[[], Mapping[str, str]] = dict
    #: Where the store is or would be; None: where the open store is.
    place: StoreLocation | None = None
    #: Channels that work without the store, by name.
    direct: Mapping[str, Channel] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)
    #: Sent alerts that could not be stored, as on a full disk; empty: all are stored.
    _unwritten: list[Mapping[str, SentAlert]] = field(default_factory=list, repr=False)
    #: Alerts sent without the store; a new process sends them again.
    _sent: dict[str, SentAlert] = field(default_factory=dict, repr=False)

    def __call__(self, run: Run | None = None) -> None:
        """Send the alerts that are due, or log them if alerts are off; a failure is only logged.

        If alerts are off, nothing is done after a run.
        """
        if run and not self.channels:
            return
        with self._lock:
            try:
                at, file = self.clock(), self._file()
                if file is None:
                    return
                sent = self._unwritten[0] if self._unwritten else file.read()
                after = self._send(self._alerts(at, sent), sent, at, self.channels)
                if after is not None and (after != sent or self._unwritten):
                    self._unwritten[:] = [after]
                    try:
                        file.write(after)
                    except StoreError as error:
                        LOG.warning("%s; alerts are remembered in memory", error)
                    else:
                        self._unwritten.clear()
            except Exception:
                LOG.exception("alerts cannot be sent%s", f" after {run.step}" if run else "")

    def without_store(self, alerts: Sequence[Alert]) -> None:
        """Send alerts that are due, without the store and without waiting for other threads.

        Call it from one thread only.
        """
        after = self._send(alerts, self._sent, self.clock(), self.direct) if self.direct else None
        if after is not None:
            self._sent.clear()
            self._sent.update(after)

    def _send(
        self,
        alerts: Sequence[Alert],
        sent: Mapping[str, SentAlert],
        at: datetime,
        channels: Mapping[str, Channel],
    ) -> Mapping[str, SentAlert] | None:
        """Send what is due; return what has been sent by now; None if no channel worked."""
        notices = decide(alerts, sent, at)
        for notice in notices:
            LOG.warning("%s: %s", notice.phase, notice.message)
        taken = not (notices and channels)
        for name, channel in channels.items() if notices else ():
            try:
                channel(notices)
            except (OSError, InputError) as error:
                LOG.warning("no alert by %s: %s", name, error)
            else:
                taken = True
        # Notifications that no channel sent are due again after the next run.
        return remembered(sent, alerts, notices, at) if taken else None

    def _file(self) -> AlertFile | None:
        """Return where sent alerts are remembered; None: another process sends alerts."""
        place = self.store.place if self.store else self.place
        if place is None:
            return None
        if self.store and not self.store.leads(f"alerts of {self.briefing}"):
            self._unwritten.clear()
            return None
        name = self.briefing
        if len(name) > _LONGEST_SLUG:
            name = f"{name[:_LONGEST_SLUG]}-{digest(name)[:8]}"
        return AlertFile(place.beside(f"{name}.alerts.json"))

    def _alerts(self, at: datetime, sent: Mapping[str, SentAlert]) -> tuple[Alert, ...]:
        # A full disk has an alert of its own, sent earlier.
        broken = {name: line for name, line in self.broken().items() if name != "disk"}
        if self.store is not None:
            try:
                since = at - AGAIN
                with self.store.read() as tx:
                    lost = deliveries.losses(tx, since=since)
                    observed = Observations(
                        [
                            run
                            for step in Step
                            for run in runs.recent(
                                tx, self.briefing, limit=_RUNS, step=step, until=at
                            )
                        ],
                        sources.active(tx),
                        at,
                        [
                            slot_state(tx, self.briefing, slot, at=at)
                            for slot in self.timetable.slots
                        ],
                        free=shutil.disk_usage(self.store.place.folder).free,
                        broken=broken,
                        later=[run.began for run in runs.since(tx, self.briefing, at)],
                        losses=lost,
                        reached={
                            loss.edition: deliveries.reached(tx, loss.edition) for loss in lost
                        },
                        lost_workers=audit.workers_lost(tx, since=since),
                        backlog=jobs.backlog(tx, self.briefing),
                        missed=facts.missed(tx, at=at),
                        watched=[
                            (f"{alert.list} {alert.report[:12]}", alert.at, alert.message)
                            for alert in watch_lists.recent_alerts(tx, self.briefing, since=since)
                        ],
                    )
                return alerts_of(observed)
            except StoreError as error:
                broken = {"store": str(error), **broken}
        # Without the store, no alert is known to be over.
        new = {alert.key: alert for alert in preflight_alerts(broken, at)}
        return tuple({**{key: previous.alert for key, previous in sent.items()}, **new}.values())


def slot_state(tx: Transaction, briefing: str, slot: Timetable, *, at: datetime) -> SlotState:
    """Return what alerts depend on of the editions of a name, or the weeks in review."""
    series = slot.series(briefing)
    draft = waiting(tx, series, timetable=slot)
    days = archive.days(tx, series, first=at.date() - _PRINTED, last=date.max)
    printed = {*days, draft} if draft else {*days}
    return SlotState(slot, printed, draft, drafts.lapsed(tx, series))


@frozen
class AlertFile:
    """Keeps sent alerts that are not over in a file readable only by its owner.

    If it cannot be read, alerts are sent again, which is better than never.
    """

    path: Path

    def read(self) -> dict[str, SentAlert]:
        """Return them; empty if the file is missing or cannot be read."""
        try:
            lines = json.loads(self.path.read_bytes())
            return {key: from_json(SentAlert, saved) for key, saved in lines.items()}
        except FileNotFoundError:
            return {}
        except (OSError, TypeError, ValueError, AttributeError, RecursionError) as error:
            LOG.warning("%s: cannot be read (%s); alerts are sent again", self.path, error)
            return {}

    def write(self, sent: Mapping[str, SentAlert]) -> None:
        """Write all of them, or nothing.

        StoreError: they cannot be written.
        """
        text = json.dumps({key: to_json(alert) for key, alert in sent.items()}, indent=1)
        with writing(self.path, kind=StoreError):
            write_private(self.path, text.encode())

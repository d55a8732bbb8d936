"""Looks for alerts after each run, remembers which were sent, and sends the others."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

from briefing.app.release import waiting
from briefing.app.rounds.alerts import AGAIN, Alert, Observations, alerts_of, preflight_alerts
from briefing.app.rounds.notifications import Notification, SentAlert, decide, remembered
from briefing.app.rounds.sent_alerts import AlertFile, AlertRows, SentAlerts
from briefing.core.errors import InputError, StoreError
from briefing.core.model import Run, Step, digest
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
    watch_alerts,
)
from briefing.store.location import StoreLocation

LOG = logging.getLogger("briefing.alerts")

#: Recent runs of each step that are read: a day of collecting.
_RUNS = 50
#: How far back editions are read: further than any grace reaches.
_PRINTED = timedelta(days=400)
#: Characters of a slug in the name of a file.
_LONGEST_SLUG = 40

#: Sends some notices; raises an OSError or an InputError when it cannot.
Channel = Callable[[Sequence[Notification]], None]


@dataclass(frozen=True, slots=True)
class Alerting:
    """Looks for alerts after each run and sends those that are due; thread-safe."""

    #: None: it cannot be opened, and only the checks are known.
    store: Store | None
    #: Slug of the briefing.
    briefing: str
    timetable: Timetable | None
    #: By name; without any, alerts are off.
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    #: Checks everything that the next edition needs; returns what fails, a line by the name of
    #: the check.
    broken: Callable[[], Mapping[str, str]] = dict
    #: Where the store is or would be; None: the location of the open store.
    place: StoreLocation | None = None
    #: Channels that need no store, by name.
    direct: Mapping[str, Channel] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)
    #: Sent alerts that could not be written, as on a full disk; empty: all are written.
    _unwritten: list[Mapping[str, SentAlert]] = field(default_factory=list, repr=False)
    #: What was sent without the store; a new process sends it again.
    _sent: dict[str, SentAlert] = field(default_factory=dict, repr=False)

    def __call__(self, run: Run | None = None) -> None:
        """Send the alerts due after a run; any failure is only logged."""
        if not self.channels:
            return
        with self._lock:
            try:
                self._look(self.clock())
            except Exception:
                LOG.exception("alerts cannot be sent%s", f" after {run.step}" if run else "")

    def without_store(self, alerts: Sequence[Alert]) -> None:
        """Send alerts that are due by what needs no store and waits for no other thread.

        For one thread.
        """
        after = self._send(alerts, self._sent, self.clock(), self.direct) if self.direct else None
        if after is not None:
            self._sent.clear()
            self._sent.update(after)

    def _look(self, at: datetime) -> None:
        memory = self._memory()
        if memory is None:
            return
        sent = self._unwritten[0] if self._unwritten else memory.read()
        after = self._send(self._alerts(at, sent), sent, at, self.channels)
        if after is not None and (after != sent or self._unwritten):
            self._write(memory, after)

    def _send(
        self,
        alerts: Sequence[Alert],
        sent: Mapping[str, SentAlert],
        at: datetime,
        channels: Mapping[str, Channel],
    ) -> Mapping[str, SentAlert] | None:
        """Send what is due; return what is sent now, None if no channel took anything."""
        notices = decide(alerts, sent, at)
        for notice in notices:
            LOG.warning("%s: %s", notice.phase, notice.message)
        # Notices that no channel took are decided again after the next run.
        if notices and not _notify(channels, notices):
            return None
        return remembered(sent, alerts, notices, at)

    def _memory(self) -> SentAlerts | None:
        """Return where sent alerts are remembered; None: another process looks and sends."""
        place = self.store.place if self.store else self.place
        if place is None:
            return None
        file = AlertFile(place.beside(f"{_file_name(self.briefing)}.alerts.json"))
        if self.store is None or place.file:
            return file
        rows = AlertRows(self.store, self.briefing)
        # Those of a start that was refused, which this one is not.
        rows.take_over(file)
        if self.store.leads(f"alerts of {self.briefing}"):
            return rows
        self._unwritten.clear()
        return None

    def _write(self, memory: SentAlerts, sent: Mapping[str, SentAlert]) -> None:
        """Write the sent alerts, or keep them in memory until they can be written."""
        self._unwritten[:] = [sent]
        try:
            memory.write(sent)
        except StoreError as error:
            LOG.warning("%s; alerts are remembered in memory", error)
        else:
            self._unwritten.clear()

    def _alerts(self, at: datetime, sent: Mapping[str, SentAlert]) -> tuple[Alert, ...]:
        # A full disk has an alert of its own, which is sent earlier.
        broken = {name: line for name, line in self.broken().items() if name != "disk"}
        if self.store is not None:
            try:
                return self._observed(self.store, at, broken=broken)
            except StoreError as error:
                broken = {"store": str(error), **broken}
        # Without the store no alert is known to be over.
        new = {alert.key: alert for alert in preflight_alerts(broken, at)}
        return tuple({**{key: previous.alert for key, previous in sent.items()}, **new}.values())

    def _observed(
        self, store: Store, at: datetime, *, broken: Mapping[str, str]
    ) -> tuple[Alert, ...]:
        with store.read() as tx:
            recent = [
                run
                for step in Step
                for run in runs.recent(tx, self.briefing, limit=_RUNS, step=step, until=at)
            ]
            later = [run.began for run in runs.since(tx, self.briefing, at)]
            source_statuses = sources.active(tx)
            printed = archive.days(tx, self.briefing, first=at.date() - _PRINTED, last=date.max)
            given = watch_alerts.recent(tx, self.briefing, since=at - AGAIN)
            lost = deliveries.losses(tx, since=at - AGAIN)
            reached = {one.edition: deliveries.reached(tx, one.edition) for one in lost}
            lost_workers = audit.workers_lost(tx, since=at - AGAIN)
            backlog = jobs.backlog(tx, self.briefing)
            missed = facts.missed(tx, at=at)
            draft = waiting(tx, self.briefing, timetable=self.timetable) if self.timetable else None
            weeks, week_draft = self._weeks(tx, at)
            series = {step: step.series(self.briefing) for step in (Step.PUBLISH, Step.WEEK)}
            lapsed = {step: drafts.lapsed(tx, name) for step, name in series.items()}
        return alerts_of(
            Observations(
                recent,
                source_statuses,
                self.timetable,
                at,
                printed={*printed, draft} if draft else printed,
                draft=draft,
                weeks=weeks,
                week_draft=week_draft,
                lapsed=lapsed,
                free=shutil.disk_usage(store.place.folder).free,
                broken=broken,
                later=later,
                losses=lost,
                reached=reached,
                lost_workers=lost_workers,
                backlog=backlog,
                missed=missed,
                watched=[(f"{one.list} {one.report[:12]}", one.at, one.message) for one in given],
            )
        )

    def _weeks(self, tx: Transaction, at: datetime) -> tuple[set[date], date | None]:
        """Return on which days weeks end that have their review, and the day of a draft of one."""
        week = self.timetable.week if self.timetable else None
        if week is None:
            return set(), None
        series = week.step.series(self.briefing)
        draft = waiting(tx, series, timetable=week)
        days = archive.days(tx, series, first=at.date() - _PRINTED, last=date.max)
        return {*days, draft} if draft else {*days}, draft


def _notify(channels: Mapping[str, Channel], notices: Sequence[Notification]) -> bool:
    """Send by every channel; return whether at least one took the notices."""
    taken = False
    for name, channel in channels.items():
        try:
            channel(notices)
        except (OSError, InputError) as error:
            LOG.warning("no alert by %s: %s", name, error)
        else:
            taken = True
    return taken


def _file_name(briefing: str) -> str:
    if len(briefing) <= _LONGEST_SLUG:
        return briefing
    return f"{briefing[:_LONGEST_SLUG]}-{digest(briefing)[:8]}"

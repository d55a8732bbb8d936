"""Looks for alerts after each run, remembers in a file which were sent, and sends the others."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock

from briefing.app.release import waiting
from briefing.app.rounds.alerts import Alert, AlertKind, Observations, alerts_of, preflight_alerts
from briefing.app.rounds.notifications import Notification, SentAlert, decide, remembered
from briefing.core.errors import InputError
from briefing.core.model import Run, Step, digest
from briefing.core.schedule import Timetable
from briefing.store import Store, archive, runs, sources
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
    _lock: Lock = field(default_factory=Lock, repr=False)
    #: Sent alerts that could not be written, as on a full disk; empty: all are written.
    _unwritten: list[Mapping[str, SentAlert]] = field(default_factory=list, repr=False)

    def __call__(self, run: Run | None = None) -> None:
        """Send the alerts due after a run; any failure is only logged."""
        if not self.channels:
            return
        with self._lock:
            try:
                self._look(self.clock())
            except Exception:
                LOG.exception("alerts cannot be sent%s", f" after {run.step}" if run else "")

    def _look(self, at: datetime) -> None:
        place = self.store.place if self.store else self.place
        if place is None:
            return
        path = place.beside(f"{_file_name(self.briefing)}.alerts.json")
        sent = self._unwritten[0] if self._unwritten else read_sent_alerts(path)
        alerts = self._alerts(at, sent)
        notices = decide(alerts, sent, at)
        for notice in notices:
            LOG.warning("%s: %s", notice.phase, notice.message)
        # Notices that no channel took are decided again after the next run.
        if notices and not self._notify(notices):
            return
        after = remembered(sent, alerts, notices, at)
        if after != sent or self._unwritten:
            self._write(path, after)

    def _write(self, path: Path, sent: Mapping[str, SentAlert]) -> None:
        """Write the sent alerts, or keep them in memory until they can be written."""
        self._unwritten[:] = [sent]
        try:
            write_sent_alerts(path, sent)
        except OSError as error:
            reason = error.strerror or str(error)
            LOG.warning("%s: cannot be written (%s); alerts are remembered in memory", path, reason)
        else:
            self._unwritten.clear()

    def _alerts(self, at: datetime, sent: Mapping[str, SentAlert]) -> tuple[Alert, ...]:
        # A full disk has an alert of its own, which is sent earlier.
        broken = {name: line for name, line in self.broken().items() if name != "disk"}
        if self.store is None:
            # Without the store no alert is known to be over.
            new = {alert.key: alert for alert in preflight_alerts(broken, at)}
            return tuple(
                {**{key: previous.alert for key, previous in sent.items()}, **new}.values()
            )
        with self.store.read() as tx:
            recent = [
                run
                for step in Step
                for run in runs.recent(tx, self.briefing, limit=_RUNS, step=step, until=at)
            ]
            later = [run.began for run in runs.since(tx, self.briefing, at)]
            source_statuses = sources.active(tx)
            printed = archive.days(tx, self.briefing, first=at.date() - _PRINTED, last=date.max)
            draft = waiting(tx, self.briefing, timetable=self.timetable) if self.timetable else None
        return alerts_of(
            Observations(
                recent,
                source_statuses,
                self.timetable,
                at,
                printed={*printed, draft} if draft else printed,
                draft=draft,
                free=shutil.disk_usage(self.store.place.folder).free,
                broken=broken,
                later=later,
            )
        )

    def _notify(self, notices: Sequence[Notification]) -> bool:
        """Send by every channel; return whether at least one took the notices."""
        taken = False
        for name, channel in self.channels.items():
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


def read_sent_alerts(path: Path) -> dict[str, SentAlert]:
    """Return the sent alerts by key; none when the file is missing or cannot be read.

    All alerts are then sent once more, which is better than never.
    """
    try:
        lines = json.loads(path.read_bytes())
        return {key: _sent_alert(key, saved) for key, saved in lines.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        LOG.warning("%s: cannot be read (%s); alerts are sent again", path, error)
        return {}


def _sent_alert(key: str, saved: Mapping[str, str]) -> SentAlert:
    since, at = (datetime.fromisoformat(saved[name]) for name in ("since", "at"))
    if since.tzinfo is None or at.tzinfo is None:
        raise ValueError("a time without a zone")
    alert = Alert(
        AlertKind(saved["kind"]), key, since, str(saved["words"]), once=bool(saved["once"])
    )
    return SentAlert(alert, at)


def write_sent_alerts(path: Path, sent: Mapping[str, SentAlert]) -> None:
    """Write the sent alerts, readable only by the owner, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    content = {
        key: {
            "kind": alert.alert.kind,
            "since": alert.alert.since.isoformat(),
            "words": alert.alert.message,
            "once": alert.alert.once,
            "at": alert.at.isoformat(),
        }
        for key, alert in sent.items()
    }
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)

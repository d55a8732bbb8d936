"""Alerts an operator by mail or webhook to what the round cannot fix by itself."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock

from briefing import __version__
from briefing.app.doctor import Finding, Use, blockers, line
from briefing.app.readers.address import address_of
from briefing.app.rounds.alerts import Alert, AlertKind, alerts_of, preflight_alerts
from briefing.app.rounds.notifications import Notification, SentAlert, decide, remembered
from briefing.core.edition import slug
from briefing.core.errors import (
    BriefingError,
    BusyError,
    FetchError,
    InputError,
    SettingsError,
    StoreError,
)
from briefing.core.model import DeliveryStatus, MailKind, Run, Step, digest
from briefing.core.schedule import Timetable
from briefing.mail.headers import one_line
from briefing.mail.relay import Relay, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.setup.alert_mail import alert_mail, alert_text
from briefing.setup.clock import now
from briefing.setup.outbox import outbox_of
from briefing.setup.post import Post, post_of, relay_of
from briefing.setup.redaction import redacted
from briefing.setup.settings import Settings
from briefing.setup.timetable import timetable_of
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking
from briefing.sources.web.post import checked_target, post_json
from briefing.store import Store, archive, deliveries, runs, sources
from briefing.store.location import StoreLocation, find_place

LOG = logging.getLogger("briefing.alerts")

#: Recent runs of each step that are read: a day of collecting.
_RUNS = 50
#: How far back editions are read: further than any grace reaches.
_PRINTED = timedelta(days=400)
#: Seconds for one try to reach a webhook.
_DEADLINE = 10.0
#: Seconds to reach the relay, for an answer, and for the mail: fewer than for editions,
#: since it may be the relay that fails, and the round waits.
_CONNECT, _ANSWER, _BODY = 10.0, 10.0, 30.0
#: How long an alert mail is tried; an alert that lasts is then sent again.
_TRIED = timedelta(days=1)
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
    clock: Callable[[], datetime] = now
    #: Checks everything that the next edition needs.
    preflight: Callable[[], Sequence[Finding]] = tuple
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
        findings = blockers(self.preflight(), use=Use.SERVE)
        # A full disk has an alert of its own, which is sent earlier.
        broken = {finding.name: line(finding) for finding in findings if finding.name != "disk"}
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
            source_statuses = sources.source_statuses(tx)
            printed = archive.days(tx, self.briefing, first=at.date() - _PRINTED, last=date.max)
        return alerts_of(
            recent,
            source_statuses,
            self.timetable,
            at,
            printed=printed,
            free=shutil.disk_usage(self.store.place.folder).free,
            broken=broken,
            later=later,
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


def alerting_of(
    settings: Settings,
    store: Store,
    *,
    folder: Path,
    timetable: Timetable | None,
    preflight: Callable[[], Sequence[Finding]] = tuple,
) -> Alerting:
    """Return the alerting of a briefing.

    Raises:
        SettingsError: an address is not valid or not allowed, or no sender is set.
    """
    channels = channels_of(settings, store, folder=folder)
    return Alerting(store, slug(settings.name), timetable, channels, preflight=preflight)


def alert_refusal(
    settings: Settings, store: Store | None, *, folder: Path, findings: Sequence[Finding]
) -> None:
    """Alert the operator that a briefing was not started; any failure is only logged.

    Args:
        settings: of the briefing.
        store: None: it cannot be opened.
        folder: of the settings file.
        findings: why.
    """
    try:
        Alerting(
            store,
            slug(settings.name),
            timetable_of(settings) if store else None,
            channels_of(settings, store, folder=folder, keep=False),
            preflight=lambda: findings,
            place=find_place(settings.store.at, folder=folder),
        )()
    except (BriefingError, OSError) as error:
        LOG.warning("no alert about a refused start: %s", error)


def channels_of(
    settings: Settings, store: Store | None, *, folder: Path, keep: bool = True
) -> Mapping[str, Channel]:
    """Return the channels by which the operator is alerted, by name.

    Args:
        settings: name them.
        store: keeps a mail until the relay takes it; None: it is tried once.
        folder: of the settings file.
        keep: whether secrets that are made now are kept.

    Raises:
        SettingsError: as :func:`alerting_of`.
    """
    channels: dict[str, Channel] = {}
    if settings.alerts.mail:
        channels["mail"] = _by_mail(settings, store, folder=folder, keep=keep)
    if settings.alerts.webhook:
        channels["webhook"] = _by_webhook(settings)
    return channels


def _by_mail(settings: Settings, store: Store | None, *, folder: Path, keep: bool) -> Channel:
    try:
        to = address_of(settings.alerts.mail)
    except InputError as error:
        raise SettingsError(f"alerts.mail: {error}") from error
    if not settings.mail.sender:
        raise SettingsError("alerts.mail: needs a sender; set mail.sender, or leave this empty")
    post = post_of(settings, folder=folder, keep=keep)
    relay = relay_of(settings, folder=folder)
    quick = replace(
        relay,
        connect_seconds=_CONNECT,
        answer_seconds=_ANSWER,
        body_seconds=_BODY,
        dot_seconds=_BODY,
    )

    def send(notices: Sequence[Notification]) -> None:
        message, at = alert_text(notices, name=settings.name), notices[0].at
        if store is None or not _put(store, message, settings=settings, folder=folder, relay=quick):
            # The store cannot take it, and may be the very problem.
            _send(alert_mail(message, to=to, post=post, at=at), to, post, quick)

    return send


def _put(store: Store, message: str, *, settings: Settings, folder: Path, relay: Relay) -> bool:
    """Send an alert by a row, which is tried again for a day; False: the store cannot take it.

    Raises:
        ConnectionError: the relay refuses it.
    """
    try:
        at = now()
        with store.write() as tx:
            until = at + _TRIED
            number = deliveries.put_mail(tx, MailKind.ALERT, words=message, at=at, until=until)
    except StoreError:
        return False
    with suppress(BusyError, StoreError):
        outbox_of(store, settings=settings, folder=folder, relay=relay).only_alerts().send()
    with store.read() as tx:
        mail = deliveries.get(tx, number)
    if mail and mail.status is DeliveryStatus.REFUSED:
        raise ConnectionError(f"{relay.label}: {mail.reason}")
    if mail and mail.status is not DeliveryStatus.SENT:
        LOG.warning("an alert mail is waiting: %s", mail.reason or f"{relay.label} accepts no mail")
    return True


def _send(message: bytes, to: str, post: Post, relay: Relay) -> None:
    with RelaySession(relay) as session:
        result = session.send(post.sender.address, to, message)
    if result.kind not in {ResultKind.SENT, ResultKind.AMBIGUOUS}:
        raise ConnectionError(f"{relay.label}: {result}")


def _by_webhook(settings: Settings) -> Channel:
    collect = settings.collect
    asking = Asking(
        agent=f"briefing/{__version__} (alert)",
        rules=make_rules(collect.allow_hosts, allow_ports=collect.allow_ports),
        deadline=_DEADLINE,
        proxy=collect.proxy,
    )
    try:
        checked_target(settings.alerts.webhook, rules=asking.rules)
    except FetchError as error:
        raise SettingsError(f"alerts.webhook: {error}") from error

    def send(notices: Sequence[Notification]) -> None:
        content = json.dumps(alert_json(notices, name=settings.name)).encode()
        asyncio.run(post_json(settings.alerts.webhook, content, asking=asking))

    return send


def alert_json(notices: Sequence[Notification], *, name: str) -> dict[str, object]:
    """Return the JSON posted to a webhook; chat programs show its "text"."""
    return {
        "briefing": slug(name),
        "text": "\n".join(f"{one_line(name)}: {redacted(notice.message)}" for notice in notices),
        "alerts": [
            {
                "phase": notice.phase,
                "kind": notice.alert.kind,
                "key": notice.alert.key,
                "since": notice.alert.since.isoformat(),
                "at": notice.at.isoformat(),
                "words": redacted(notice.message),
            }
            for notice in notices
        ],
    }


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

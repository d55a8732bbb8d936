"""Which alerts were sent: in a file beside a store, or in it if several servers may have it."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.app.rounds.notifications import SentAlert
from briefing.core.errors import StoreError, reason_of
from briefing.store import Store
from briefing.store import alerts as rows

LOG = logging.getLogger("briefing.alerts")


class SentAlerts(Protocol):
    """Keeps the alerts that were sent and are not known to be over, by key."""

    def read(self) -> dict[str, SentAlert]:
        """Return them; what cannot be read is sent again, which is better than never."""
        ...

    def write(self, sent: Mapping[str, SentAlert]) -> None:
        """Keep these, and no others.

        Raises:
            StoreError: they cannot be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class AlertFile:
    """Keeps them in a file, readable only by its owner."""

    path: Path

    def read(self) -> dict[str, SentAlert]:
        """Return them; none when the file is missing or cannot be read."""
        try:
            lines = json.loads(self.path.read_bytes())
            return {key: _sent_alert(key, saved) for key, saved in lines.items()}
        except FileNotFoundError:
            return {}
        except (OSError, *_UNREADABLE) as error:
            LOG.warning("%s: cannot be read (%s); alerts are sent again", self.path, error)
            return {}

    def write(self, sent: Mapping[str, SentAlert]) -> None:
        """Write them, whole or not at all.

        Raises:
            StoreError: they cannot be written.
        """
        content = {key: _saved(alert) for key, alert in sent.items()}
        try:
            self._write(json.dumps(content, indent=1))
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be written ({reason_of(error)})") from error

    def _write(self, text: str) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        finally:
            Path(name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class AlertRows:
    """Keeps them in the store, for whichever server looks for alerts."""

    store: Store
    #: Slug of the briefing.
    briefing: str

    def read(self) -> dict[str, SentAlert]:
        """Return them.

        Raises:
            StoreError: the database failed.
        """
        with self.store.read() as tx:
            kept = rows.sent(tx, self.briefing)
        found: dict[str, SentAlert] = {}
        for key, content in kept.items():
            try:
                found[key] = _sent_alert(key, json.loads(content))
            except _UNREADABLE as error:
                LOG.warning("alert %s: cannot be read (%s); it is sent again", key, error)
        return found

    def write(self, sent: Mapping[str, SentAlert]) -> None:
        """Write them.

        Raises:
            StoreError: the database failed.
        """
        contents = {key: json.dumps(_saved(alert)) for key, alert in sent.items()}
        with self.store.write() as tx:
            rows.keep(tx, self.briefing, contents)

    def take_over(self, file: AlertFile) -> None:
        """Keep the alerts of a file too, and delete it.

        Raises:
            StoreError: the database failed.
        """
        if not file.path.exists():
            return
        taken = {key: json.dumps(_saved(alert)) for key, alert in file.read().items()}
        try:
            with self.store.write() as tx:
                rows.keep(tx, self.briefing, {**taken, **rows.sent(tx, self.briefing)})
                # A file that stays must not be taken over again and again.
                file.path.unlink()
        except OSError as error:
            LOG.warning("%s: cannot be deleted (%s); delete it", file.path, reason_of(error))


#: What reading JSON that somebody has damaged may raise.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def _saved(sent: SentAlert) -> dict[str, Any]:
    alert = sent.alert
    return {
        "kind": alert.kind,
        "since": alert.since.isoformat(),
        "words": alert.message,
        "once": alert.once,
        "at": sent.at.isoformat(),
    }


def _sent_alert(key: str, saved: Mapping[str, str]) -> SentAlert:
    since, at = (datetime.fromisoformat(saved[name]) for name in ("since", "at"))
    if since.tzinfo is None or at.tzinfo is None:
        raise ValueError("a time without a zone")
    alert = Alert(
        AlertKind(saved["kind"]), key, since, str(saved["words"]), once=bool(saved["once"])
    )
    return SentAlert(alert, at)

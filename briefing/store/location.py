"""Where a store is, and its label in messages."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from briefing.core.errors import UsageError

#: Driver by the scheme of a URL; the first two are what people write.
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}
#: Counts of a backup.
_COUNTED = ("editions", "readers", "sources")
#: Characters of a label; the end of a longer one is kept.
_LABEL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A file or a database."""

    #: With its driver and, on PostgreSQL, the password.
    url: URL
    #: The file, absolute; None on PostgreSQL.
    file: Path | None
    #: Folder of the files beside the store.
    folder: Path
    #: Label in messages: one line, no password.
    label: str

    @property
    def name(self) -> str:
        """Prefix of the names of files beside the store."""
        return self.file.name if self.file else f"{self.url.database or 'postgresql'}.store"

    def beside(self, ending: str) -> Path:
        """Return a file beside the store."""
        name = f"{self.name}.{ending}"
        return self.folder / name.replace("/", "_")

    @property
    def passwords(self) -> tuple[str, ...]:
        """Passwords, which must not appear in a message."""
        asked = self.url.query.get("password", ())
        candidates = [str(self.url.password or ""), *([asked] if isinstance(asked, str) else asked)]
        return tuple(password for password in candidates if password)

    @property
    def remedy(self) -> str:
        """What to do when the store is damaged."""
        good = (backup for backup in reversed(noted_backups(self)) if _is_there(backup.file))
        newest = next(good, None)
        if newest is None:
            return "restore the last backup: briefing restore FILE"
        command = restoring(newest.file, newest.settings)
        return f"restore the last backup ({printable(newest.at)}): {command}"


@dataclass(frozen=True, slots=True)
class NotedBackup:
    """A backup as recorded beside the store."""

    #: Where it was written.
    file: Path
    #: When, for messages.
    at: str
    #: How much it held.
    editions: int = 0
    readers: int = 0
    sources: int = 0
    #: The settings that it was made with; empty when there were none.
    settings: str = ""


def noted_backups(place: StoreLocation) -> tuple[NotedBackup, ...]:
    """Return the backups recorded beside a store, newest last; none without a record."""
    try:
        content = json.loads(place.beside("backup").read_text(encoding="utf-8"))
        # Earlier versions recorded only the last.
        entries = content.get("backups", [content])
        return tuple(_noted(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def _noted(entry: dict[str, Any]) -> NotedBackup:
    editions, readers, sources = (int(entry.get(name, 0)) for name in _COUNTED)
    settings = str(entry.get("settings", ""))
    file, at = Path(str(entry["file"])), str(entry["at"])
    return NotedBackup(file, at, editions, readers, sources, settings)


def restoring(file: Path, settings: str = "") -> str:
    """Return the command that restores a backup."""
    config = f" --config {printable(shlex.quote(settings))}" if settings else ""
    return f"briefing restore {printable(shlex.quote(str(file)))} --replace{config}"


def belonging(place: StoreLocation) -> tuple[Path, ...]:
    """Return the file of a store, the files with its content beside it, and its backups."""
    endings = ("sent", "identity", "backup")
    beside = [place.beside(ending) for ending in endings]
    if place.file:
        beside += [place.file, *(Path(f"{place.file}{ending}") for ending in ("-wal", "-shm"))]
    beside += [backup.file for backup in noted_backups(place)]
    return tuple(sorted(file for file in beside if _is_there(file)))


def _is_there(file: Path) -> bool:
    with suppress(OSError, ValueError):
        return file.is_file() and file.stat().st_size > 0
    return False


def find_place(at: str, *, folder: Path) -> StoreLocation:
    """Return the store location of a setting.

    Raises:
        UsageError: neither a file nor the URL of a PostgreSQL database.
    """
    if "://" not in at:
        return _at_file(Path(at), folder=folder)
    try:
        url = make_url(at)
    except (ArgumentError, ValueError):
        raise UsageError(
            "the store's address is not a URL; write postgresql://USER@HOST/DATABASE"
        ) from None
    if url.drivername not in _DRIVERS:
        raise UsageError(
            f"the store cannot be a {printable(url.drivername)} database; give a file or "
            "postgresql://USER@HOST/DATABASE"
        )
    if url.drivername == "sqlite":
        return _at_file(Path(url.database or ""), folder=folder)
    label = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database
    )
    return StoreLocation(
        url.set(drivername=_DRIVERS[url.drivername]),
        None,
        folder.absolute(),
        printable(label.render_as_string()),
    )


def _at_file(path: Path, *, folder: Path) -> StoreLocation:
    file = (folder / path.expanduser()).absolute()
    if path == Path() or "\0" in str(path):
        raise UsageError("the store's address names no file; write for example briefing.db")
    url = URL.create("sqlite", database=str(file))
    return StoreLocation(url, file, file.parent, printable(str(file)))


def printable(text: str) -> str:
    """Return a text as one short line without control characters, for messages."""
    text = text if len(text) <= _LABEL_LENGTH else "…" + text[-_LABEL_LENGTH:]
    return "".join(mark if mark.isprintable() else "�" for mark in text)

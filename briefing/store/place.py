"""Where a store is, and how it is named in messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from briefing.errors import UsageError

#: Driver by the scheme of a URL; the first two are what people write.
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}
#: Characters of a place that are shown, its end first.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a database."""

    #: With its driver and, on PostgreSQL, the password.
    url: URL
    #: The file, absolute; None on PostgreSQL.
    file: Path | None
    #: Where what belongs to the store is kept beside it.
    folder: Path
    #: For messages: one line, no password.
    shown: str

    @property
    def name(self) -> str:
        """What files beside the store begin with."""
        return self.file.name if self.file else f"{self.url.database or 'postgresql'}.store"

    def beside(self, ending: str) -> Path:
        """Return a file beside the store."""
        name = f"{self.name}.{ending}"
        return self.folder / name.replace("/", "_")

    @property
    def passwords(self) -> tuple[str, ...]:
        """What must not stand in a message."""
        asked = self.url.query.get("password", ())
        told = [str(self.url.password or ""), *([asked] if isinstance(asked, str) else asked)]
        return tuple(word for word in told if word)

    @property
    def remedy(self) -> str:
        """What to do when the store is damaged."""
        try:
            last = json.loads(self.beside("backup").read_text(encoding="utf-8"))
            file, at = str(last["file"]), str(last["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return "restore the last backup: briefing restore FILE"
        return f"restore the last backup ({printable(at)}): briefing restore {printable(file)}"


def find_place(at: str, *, folder: Path) -> Place:
    """Return where a setting says that the store is.

    Raises:
        UsageError: neither a file nor the URL of a PostgreSQL database.
    """
    if "://" not in at:
        return _at_file(Path(at), folder=folder)
    try:
        url = make_url(at)
    except (ArgumentError, ValueError):
        raise UsageError(
            "the store's address is no URL; write postgresql://USER@HOST/DATABASE"
        ) from None
    if url.drivername not in _DRIVERS:
        raise UsageError(
            f"the store cannot be a {printable(url.drivername)} database; give a file or "
            "postgresql://USER@HOST/DATABASE"
        )
    if url.drivername == "sqlite":
        return _at_file(Path(url.database or ""), folder=folder)
    shown = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database
    )
    return Place(
        url.set(drivername=_DRIVERS[url.drivername]),
        None,
        folder.absolute(),
        printable(shown.render_as_string()),
    )


def _at_file(path: Path, *, folder: Path) -> Place:
    file = (folder / path.expanduser()).absolute()
    if path == Path() or "\0" in str(path):
        raise UsageError("the store's address names no file; write for example briefing.db")
    url = URL.create("sqlite", database=str(file))
    return Place(url, file, file.parent, printable(str(file)))


def printable(text: str) -> str:
    """Return a text as it may stand in a message: one short line without control characters."""
    text = text if len(text) <= _SHOWN else "…" + text[-_SHOWN:]
    return "".join(mark if mark.isprintable() else "�" for mark in text)

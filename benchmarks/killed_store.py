"""What is wrong with a store whose process was killed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from briefing.app.editions import prove_stored
from briefing.core.errors import BriefingError
from briefing.store import Store, editions, open_store

#: As the settings of the desk name it.
BRIEFING = "world-desk"
#: What is kept of an edition.
_FILES = {"html", "pdf", "text"}
_KEPT = """
    SELECT version.title, document.from_page
    FROM document JOIN version ON version.id = document.version
"""
_TEXTLESS = "SELECT number FROM document WHERE version NOT IN (SELECT id FROM version)"
#: How many briefs, slices and sources of an edition there are.
_PARTS = """
    SELECT (SELECT count(*) FROM story WHERE edition = edition.id),
           (SELECT count(*) FROM passage WHERE edition = edition.id),
           (SELECT count(*) FROM cited WHERE edition = edition.id)
    FROM edition WHERE day = ?
"""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one source lists."""

    #: Titles of its reports.
    titles: tuple[str, ...]
    #: Whether their texts stand on pages.
    on_pages: bool


def faults_of(file: Path, *, feeds: Mapping[str, Feed]) -> list[str]:
    """Return what must never be, whenever a run was killed; empty when all is well.

    Args:
        file: the store.
        feeds: what is listed, by the address of the source.
    """
    try:
        with closing(sqlite3.connect(file)) as raw:
            found = [*_damage(raw), *_early(raw, feeds)]
        with closing(open_store(file.name, folder=file.parent)) as store:
            return [*found, *_half(store, days=days_of(file))]
    except (BriefingError, sqlite3.Error) as error:
        return [str(error)]


def titles_of(file: Path) -> Counter[str]:
    """Return how often each title stands in a store, in whatever document or version."""
    with closing(sqlite3.connect(file)) as raw:
        return Counter(row[0] for row in raw.execute("SELECT title FROM version"))


def days_of(file: Path) -> list[date]:
    """Return the day of each edition."""
    with closing(sqlite3.connect(file)) as raw:
        return [date.fromisoformat(row[0]) for row in raw.execute("SELECT day FROM edition")]


def _damage(raw: sqlite3.Connection) -> Iterator[str]:
    yield from (row[0] for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok")
    yield from (f"orphan in {row[0]}" for row in raw.execute("PRAGMA foreign_key_check"))
    yield from (f"document {row[0]} has no text" for row in raw.execute(_TEXTLESS))


def _early(raw: sqlite3.Connection, feeds: Mapping[str, Feed]) -> Iterator[str]:
    """Yield the sources that are asked only for what is new before all that is old is kept."""
    kept = dict(raw.execute(_KEPT).fetchall())
    for (url,) in raw.execute("SELECT url FROM source WHERE etag != ''"):
        feed = feeds[url]
        if any(title not in kept or (feed.on_pages and not kept[title]) for title in feed.titles):
            yield f"{url}: its validators are kept before its reports"


def _half(store: Store, *, days: list[date]) -> Iterator[str]:
    """Yield what is missing of editions."""
    for day in days:
        with store.read() as tx:
            stored = editions.on(tx, BRIEFING, day)
            parts = tx.exec_driver_sql(_PARTS, (day.isoformat(),)).one()
        if stored is None or set(stored.files) != _FILES:
            yield f"edition of {day}: a file is missing"
        if not all(parts):
            yield f"edition of {day}: {parts} stories, passages and sources"
        proof = prove_stored(store, briefing=BRIEFING, day=day).proof
        yield from (f"edition of {day}: {failure}" for failure in proof.failures)

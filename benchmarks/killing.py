"""Collecting and publishing, killed at any moment and begun again: is anything lost or doubled?"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from benchmarks.forked import Command
from benchmarks.news import make_documents
from briefing.app.collect.sources import add_sources
from briefing.app.editions import prove_stored
from briefing.core.errors import BriefingError
from briefing.core.model import Document, Source, TextFrom
from briefing.settings import load
from briefing.setup.backups import open_the_store
from briefing.setup.clock import now
from briefing.store import Store, editions, open_store
from briefing.store.audit import Actor
from tests.newsserver import RSS, News, NewsServer, give, page, rss

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
            faults = [*_damage(raw), *_early(raw, feeds)]
        with open_store(file.name, folder=file.parent) as store:
            return [*faults, *_half(store, days=days_of(file))]
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


#: Kills in all, half of them while collecting.
KILLS = 100
#: Feeds, and reports of each; the reports of every sixth feed stand on pages.
FEEDS, ITEMS = 12, 6
_PAGES_EVERY = 6
#: Kills in a row before a run is left to come to its end.
_IN_A_ROW = 3
#: Runs for one kill, since many have ended when their moment comes; far more than are needed.
_RUNS = 20
#: Seconds after a write is seen within which the kill comes: some writes to a slow disk.
_JITTER = 0.004
#: Seconds between two looks at the log of the store.
_LOOK = 0.0002
_DAY = date(2026, 3, 12)
_SETTINGS = """
name = "World Desk"
[store]
at = "desk.db"
[collect]
delay = 0
per_host = 16
allow_hosts = ["127.0.0.1"]
allow_ports = [{port}]
[publish]
oldest_hours = 0
"""

#: What is lost and what is doubled when all has come to its end.
Loss: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Work:
    """One command that is killed."""

    #: Such as ("collect",).
    words: tuple[str, ...]
    #: The folder that each trial begins with a copy of.
    begin: Path
    #: Says of a store what is lost and doubled.
    loss: Callable[[Path], Loss]


@dataclass(slots=True)
class Tally:
    """What came of the kills of one command."""

    kills: int = 0
    #: Kills after which nothing was damaged, half kept, or kept too early.
    sound: int = 0
    lost: int = 0
    doubled: int = 0
    #: Kills in each quarter of the time that a whole run takes, and beyond it.
    quarters: list[int] = field(default_factory=lambda: [0] * 5)
    #: Kills right after a write to the store was seen.
    writing: int = 0
    #: What was wrong, in words.
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run is killed: so many seconds after a write to the store, or after its begin."""

    seconds: float
    #: Number of the write, from 1; 0 for the begin.
    write: int = 0


class Desk:
    """A folder with settings and a store that is worked on."""

    def __init__(self, folder: Path, *, command: Command) -> None:
        self.store = folder / "desk.db"
        self._settings = f"--config={folder / 'briefing.toml'}"
        self._log = folder / "desk.db-wal"
        self._command = command

    def run(self, *words: str) -> tuple[float, int]:
        """Do a whole run; return its seconds, and how many writes to the store were seen."""
        self._command.start(*words, self._settings)
        began = time.perf_counter()
        writes = self._watch(most=1_000_000)
        self._command.finish()
        return time.perf_counter() - began, writes

    def kill(self, *words: str, at: Moment) -> float | None:
        """Begin a run and kill it; return after how many seconds, or None if it had ended."""
        process = self._command.start(*words, self._settings)
        began = time.perf_counter()
        if self._watch(most=at.write) < at.write or self._command.has_ended(at.seconds):
            self._command.finish()
            return None
        os.kill(process, signal.SIGKILL)
        seconds = time.perf_counter() - began
        return seconds if self._command.code() == -signal.SIGKILL else None

    def _watch(self, *, most: int) -> int:
        """Count the writes to the store until there are so many or the run ends."""
        writes, seen = 0, self._written()
        while writes < most and not self._command.has_ended(_LOOK):
            if (now := self._written()) != seen:
                writes, seen = writes + 1, now
        return writes

    def _written(self) -> tuple[int, int]:
        """Return what changes whenever the store is written."""
        with suppress(FileNotFoundError):
            status = self._log.stat()
            return status.st_size, status.st_mtime_ns
        return 0, 0


def bench() -> list[dict[str, Any]]:
    """Return for each command how often it was killed, and what was lost or doubled."""
    with killing(make_documents(FEEDS * ITEMS), feeds=FEEDS, seed=7) as kill:
        return [
            _row("collect killed", kill("collect", kills=KILLS - KILLS // 2)),
            _row("publish killed", kill("publish", kills=KILLS // 2)),
        ]


def _row(case: str, tally: Tally) -> dict[str, Any]:
    return {
        "case": case,
        "kills": tally.kills,
        "integrity_ok": tally.sound,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "by_quarter": tally.quarters,
        "while_writing": tally.writing,
        "faults": tally.faults[:5],
    }


class Kill(Protocol):
    """Kills a command again and again."""

    def __call__(self, name: str, *, kills: int, in_a_row: int = _IN_A_ROW) -> Tally:
        """Kill "collect" or "publish" so many times."""
        ...


@contextmanager
def killing(documents: Sequence[Document], *, feeds: int, seed: int) -> Iterator[Kill]:
    """Serve documents in so many feeds, and yield what kills commands that work on them."""
    chance = random.Random(seed)  # noqa: S311  no secret
    with tempfile.TemporaryDirectory() as name, NewsServer() as news:
        empty, listed = _prepare(Path(name) / "empty", documents, feeds=feeds, news=news)
        with Command(Path(name) / "said") as command:

            def kill(name: str, *, kills: int, in_a_row: int = _IN_A_ROW) -> Tally:
                work = _work(name, empty, listed=listed, command=command)
                trials = _Trials(command, listed, chance=chance, in_a_row=in_a_row)
                return trials.kill(work, kills=kills)

            yield kill


def _work(name: str, empty: Path, *, listed: Mapping[str, Feed], command: Command) -> Work:
    if name == "collect":
        return Work((name,), empty, lambda store: _reports(store, listed))
    full = empty.with_name("full")
    shutil.copytree(empty, full)
    Desk(full, command=command).run("collect")
    return Work((name, f"--date={_DAY}"), full, _editions)


class _Trials:
    """Kills commands, looks at what is left, and lets them come to their end."""

    def __init__(
        self,
        command: Command,
        feeds: Mapping[str, Feed],
        *,
        chance: random.Random,
        in_a_row: int,
    ) -> None:
        self._command = command
        self._feeds = feeds
        self._chance = chance
        self._in_a_row = in_a_row

    def kill(self, work: Work, *, kills: int) -> Tally:
        """Kill a command so many times, each trial with a store of its own."""
        tally = Tally()
        with self._trial(work) as desk:
            seconds, writes = desk.run(*work.words)
        for _ in range(_RUNS * kills):
            if tally.kills >= kills:
                return tally
            with self._trial(work) as desk:
                self._kill(desk, work, tally, kills=kills, whole=(seconds, writes))
                desk.run(*work.words)
                lost, doubled = work.loss(desk.store)
                tally.lost += lost
                tally.doubled += doubled
                tally.faults += faults_of(desk.store, feeds=self._feeds)
        raise RuntimeError(f"{work.words}: killed {tally.kills} times only; it ends too soon")

    def _kill(
        self, desk: Desk, work: Work, tally: Tally, *, kills: int, whole: tuple[float, int]
    ) -> None:
        """Kill some runs in a row, until one has ended before its moment."""
        for _ in range(min(self._in_a_row, kills - tally.kills)):
            moment = self._moment(*whole)
            after = desk.kill(*work.words, at=moment)
            if after is None:
                return
            faults = faults_of(desk.store, feeds=self._feeds)
            tally.kills += 1
            tally.sound += not faults
            tally.faults += faults
            tally.writing += moment.write > 0
            tally.quarters[min(int(4 * after / whole[0]), 4)] += 1

    def _moment(self, seconds: float, writes: int) -> Moment:
        """Choose a moment by chance: half of them at any time, half within a write."""
        if writes and self._chance.random() < 0.5:
            return Moment(self._chance.uniform(0, _JITTER), self._chance.randint(1, writes))
        return Moment(self._chance.uniform(0, seconds))

    @contextmanager
    def _trial(self, work: Work) -> Iterator[Desk]:
        folder = work.begin.with_name("trial")
        shutil.copytree(work.begin, folder)
        try:
            yield Desk(folder, command=self._command)
        finally:
            shutil.rmtree(folder)


def _prepare(
    folder: Path, documents: Sequence[Document], *, feeds: int, news: NewsServer
) -> tuple[Path, dict[str, Feed]]:
    """Make a store with sources that a server answers for; return it and what they list."""
    folder.mkdir()
    (folder / "briefing.toml").write_text(_SETTINGS.format(port=news.port))
    listed = {}
    for number in range(feeds):
        on_pages = number % _PAGES_EVERY == 0
        feed = _serve(f"/{number}", documents[number::feeds], news=news, on_pages=on_pages)
        listed[news.url(f"/{number}")] = feed
    store = open_the_store(load(folder / "briefing.toml"))
    with store.write() as tx:
        new = [_source(url, feed) for url, feed in listed.items()]
        add_sources(tx, new, actor=Actor("command", now()))
    store.close()
    return folder, listed


def _source(url: str, feed: Feed) -> Source:
    text = TextFrom.PAGE if feed.on_pages else TextFrom.FEED
    return Source(url, language="en", text=text)


def _serve(path: str, documents: Sequence[Document], *, news: NewsServer, on_pages: bool) -> Feed:
    items = []
    for document in documents:
        title, link = f"{document.title} ({document.id})", f"{path}/{document.id}"
        paragraphs = document.text.split("\n\n")
        text = f"{paragraphs[0][:99]} …" if on_pages else document.text
        items.append(News(title, link, text, guid=document.id))
        if on_pages:
            news.at(link, give(page(title, paragraphs)))
    news.at(path, give(rss(items, title=f"Paper {path}"), RSS, etag=f'"{path}"'))
    return Feed(tuple(item.title for item in items), on_pages)


def _reports(store: Path, feeds: Mapping[str, Feed]) -> Loss:
    kept = titles_of(store)
    listed = [title for feed in feeds.values() for title in feed.titles]
    lost = sum(title not in kept for title in listed)
    return lost, kept.total() - len(listed) + lost


def _editions(store: Path) -> Loss:
    kept = days_of(store).count(_DAY)
    return int(kept < 1), max(kept - 1, 0)

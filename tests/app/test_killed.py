"""Commands that are killed at any moment leave a sound store, and the next run lacks nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.killing import Feed, Kill, days_of, faults_of, killing, titles_of
from briefing.core.model import FetchRecord, Outcome, Source, Validators
from briefing.store import sources
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, TODAY, YESTERDAY, report
from tests.publishing import SOURCE, Desk, at
from tests.store.ready import ready_store

REPORTS = [
    report("harbor", HARBOR),
    report("nickel", NICKEL),
    report("orchids", ORCHIDS),
    report("river", RIVER),
    report("strait", STRAIT),
]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    with killing(REPORTS, feeds=2, seed=20260104) as kill:
        yield kill


@pytest.mark.kill
@pytest.mark.parametrize(("name", "kills"), [("collect", 1), ("publish", 1), ("collect", 4)])
def test_nothing_is_lost_or_doubled(kill: Kill, name: str, kills: int) -> None:
    tally = kill(name, kills=kills, in_a_row=kills)
    assert tally.faults == []
    assert (tally.kills, tally.sound) == (kills, kills)
    assert (tally.lost, tally.doubled) == (0, 0)
    assert sum(tally.quarters) == kills


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the file of a store with one report of a source that gave validators."""
    with ready_store("desk.db", folder=tmp_path) as store:
        told = FetchRecord(SOURCE, at(TODAY, 6), Outcome.READ, validators=Validators('"1"'))
        with store.write() as tx:
            sources.add(tx, Source(SOURCE), at=at(YESTERDAY, 6))
            sources.record(tx, told)
        Desk(store).keep(REPORTS[0], when=at(YESTERDAY, 18))
    return tmp_path / "desk.db"


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def listing(*titles: str, on_pages: bool = True) -> dict[str, Feed]:
    return {SOURCE: Feed(titles, on_pages)}


def test_validators_that_are_kept_too_early_are_seen(store: Path) -> None:
    assert faults_of(store, feeds=listing(HARBOR[0])) == []
    early = [f"{SOURCE}: its validators are kept before its reports"]
    assert faults_of(store, feeds=listing(HARBOR[0], NICKEL[0])) == early
    change(store, "UPDATE document SET from_page = 0")
    assert faults_of(store, feeds=listing(HARBOR[0])) == early
    assert faults_of(store, feeds=listing(HARBOR[0], on_pages=False)) == []


def test_reports_without_a_text_and_damage_are_seen(store: Path) -> None:
    change(store, "UPDATE document SET version = 'none'")
    assert faults_of(store, feeds=listing(on_pages=False)) == ["document 1 has no text"]
    change(store, "UPDATE version SET document = 9")
    assert "orphan in version" in faults_of(store, feeds=listing(on_pages=False))
    with store.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 8192)
    assert faults_of(store, feeds=listing(on_pages=False)) != []


#: What halves an edition, and the words in which that is told.
HALVED = {
    "DELETE FROM file WHERE kind = 'html'": "a file is missing",
    "UPDATE file SET content = x'00' WHERE kind = 'pdf'": "its pdf is damaged",
    "DELETE FROM passage": ", 0, ",
    "DELETE FROM story": "(0, ",
}


def test_half_an_edition_is_seen(store: Path, tmp_path: Path) -> None:
    with ready_store("desk.db", folder=tmp_path) as opened:
        desk = Desk(opened)
        desk.keep(*REPORTS[1:3], when=at(TODAY, 17))
        desk.publish(TODAY)
    change(store, "UPDATE edition SET briefing = 'world-desk'")
    assert days_of(store) == [TODAY]
    assert faults_of(store, feeds=listing(on_pages=False)) == []
    for statement, told in HALVED.items():
        half = Path(shutil.copy(store, tmp_path / "half.db"))
        change(half, statement)
        (fault,) = faults_of(half, feeds=listing(on_pages=False))
        assert told in fault


def test_what_is_kept_twice_is_counted(store: Path) -> None:
    with ready_store("desk.db", folder=store.parent) as opened:
        Desk(opened).keep(
            replace(REPORTS[0], id="again", url="https://x.example/"), when=at(TODAY, 9)
        )
    assert titles_of(store) == {HARBOR[0]: 2}

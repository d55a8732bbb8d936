from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from briefing.app.rounds.alerting import Alerting, Channel
from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.app.rounds.notifications import Notification, SentAlert
from briefing.app.rounds.sent_alerts import AlertFile
from briefing.core.errors import InputError
from briefing.core.model import Ending, FetchRecord, Run, Source, Step
from briefing.core.model.source import Outcome
from briefing.core.schedule import Timetable
from briefing.store import Store, runs, sources
from tests.store.ready import ready_store

NOW = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TABLE = Timetable(time(6, 30), "UTC")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(ready_store("desk.db", folder=tmp_path)) as store:
        yield store


def failed(store: Store, words: str = "no fonts", *, at: datetime = NOW - HOUR) -> Run:
    """Record a run that failed."""
    with store.write() as tx:
        number = runs.begin(tx, "ostra-desk", Step.COLLECT, at=at)
        runs.end(tx, number, ending=Ending.FAILED, at=at, words=words)
        (run, *_) = runs.recent(tx, "ostra-desk")
    return run


def worked(store: Store, *, at: datetime) -> None:
    with store.write() as tx:
        number = runs.begin(tx, "ostra-desk", Step.COLLECT, at=at)
        runs.end(tx, number, ending=Ending.DONE, at=at)


class Ear:
    """A channel that takes what it is told, unless it is to fail."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fault: Exception | None = None

    def __call__(self, notices: Sequence[Notification]) -> None:
        if self.fault:
            raise self.fault
        self.heard += [f"{one.phase}: {one.message}" for one in notices]


def alerting(store: Store, *, at: datetime = NOW, **channels: Channel) -> Alerting:
    return Alerting(store, "ostra-desk", None, channels, lambda: at)


BEGAN = "began: collecting fails: no fonts"


def test_what_was_told_is_not_told_again_after_a_restart(store: Store, tmp_path: Path) -> None:
    ear, run = Ear(), failed(store)
    for _ in range(2):
        alerting(store, ear=ear)(run)
    assert ear.heard == [BEGAN]
    worked(store, at=NOW)
    alerting(store, at=NOW + HOUR, ear=ear)()
    alerting(store, at=NOW + 2 * HOUR, ear=ear)()
    assert ear.heard[1:] == [
        (
            "over: collecting works again since 12 March 08:00 UTC; "
            "the problem had lasted since 12 March 06:00 UTC"
        )
    ]
    assert (tmp_path / "desk.db.ostra-desk.alerts.json").read_text() == "{}"


def test_on_a_full_disk_it_is_told_once_all_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ear, run = Ear(), failed(store)
    teller = alerting(store, ear=ear)
    with monkeypatch.context() as full:

        def no_room(*_words: object, **_named: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr("tempfile.mkstemp", no_room)
        for _ in range(3):
            teller(run)
    assert ear.heard == [BEGAN]
    assert "(No space left on device); alerts are remembered in memory" in caplog.text
    # and is written down as soon as there is room
    teller()
    assert ear.heard == [BEGAN]
    alerting(store, ear=ear)()
    assert ear.heard == [BEGAN]


def test_a_late_edition_and_silent_sources_are_told_as_the_store_has_them(store: Store) -> None:
    ear, url = Ear(), "https://post.example/feed"
    worked(store, at=NOW - 2 * HOUR)
    with store.write() as tx:
        sources.add(tx, Source(url, name="Kalvik Post"), at=NOW - 99 * HOUR)
        sources.record(tx, FetchRecord(url, NOW - 30 * HOUR, Outcome.FAILED, "connection refused"))
    replace(alerting(store, ear=ear), timetable=TABLE)()
    assert ear.heard == [
        "began: edition of 2026-03-12: was due at 06:30 UTC and has not been made yet",
        "began: no answer for a day or longer from: Kalvik Post",
    ]


def test_without_a_channel_nothing_is_looked_at(store: Store, tmp_path: Path) -> None:
    alerting(store)(failed(store))
    assert not list(tmp_path.glob("*.json"))


def test_what_no_channel_takes_is_told_the_next_time(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    ear, run = Ear(), failed(store)
    for fault in (ConnectionError("down"), InputError("refused")):
        ear.fault = fault
        alerting(store, ear=ear)(run)
        assert f"no alert by ear: {fault}" in caplog.text
    ear.fault = None
    alerting(store, ear=ear)(run)
    assert ear.heard == [BEGAN]


def test_one_channel_that_fails_keeps_no_other_from_being_heard(store: Store) -> None:
    deaf, ear, run = Ear(), Ear(), failed(store)
    deaf.fault = ConnectionError("down")
    for _ in range(2):
        alerting(store, deaf=deaf, ear=ear)(run)
    assert ear.heard == [BEGAN]


def test_a_fault_is_logged_and_raises_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    ear, run = Ear(), failed(store)
    ear.fault = ZeroDivisionError("a fault")
    alerting(store, ear=ear)(run)
    assert "alerts cannot be sent after collect" in caplog.text
    assert store.place.file
    with closing(sqlite3.connect(store.place.file)) as file:
        file.execute("DROP TABLE run")
    alerting(store, ear=ear)()
    assert "alerts cannot be sent\n" in caplog.text


def test_threads_that_look_at_once_tell_once(store: Store) -> None:
    ear, run = Ear(), failed(store)
    looks = alerting(store, ear=ear)
    threads = [threading.Thread(target=looks, args=(run,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ear.heard == [BEGAN]


def test_briefings_of_one_store_have_their_own_matters(store: Store, tmp_path: Path) -> None:
    ear, run = Ear(), failed(store)
    alerting(store, ear=ear)(run)
    for name in ("sund-desk", "x" * 60, "x" * 59 + "y"):
        Alerting(store, name, None, {"ear": ear}, lambda: NOW)()
    assert ear.heard == [BEGAN]
    assert [one.name for one in tmp_path.glob("*.json")] == ["desk.db.ostra-desk.alerts.json"]


class TestWhatWasTold:
    def told(self) -> dict[str, SentAlert]:
        alert = Alert(AlertKind.LATE, "edition 2026-03-12", NOW - HOUR, "“late”", once=True)
        return {alert.key: SentAlert(alert, NOW)}

    def test_is_read_as_it_was_written_by_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "told.json"
        AlertFile(path).write(self.told())
        assert AlertFile(path).read() == self.told()
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [path]

    def test_is_nothing_where_it_was_never_written(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert AlertFile(tmp_path / "told.json").read() == {}
        assert caplog.text == ""

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "{", '{"a": 1}', '{"a": {}}', "\xff", "[[[[" * 9_000]
        + [
            json.dumps({"a": {"kind": kind, "since": at, "words": "", "once": False, "at": at}})
            for kind, at in (("new", "2026-03-12T07:00:00Z"), ("late", "2026-03-12T07:00:00"))
        ],
    )
    def test_that_cannot_be_read_is_told_again(
        self, tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = tmp_path / "told.json"
        path.write_text(text, encoding="latin-1")
        assert AlertFile(path).read() == {}
        assert "alerts are sent again" in caplog.text

    def test_stays_whole_when_it_cannot_be_written(self, tmp_path: Path) -> None:
        path = tmp_path / "told.json"
        AlertFile(path).write(self.told())
        told: Any = {"a": SentAlert(Alert(AlertKind.LATE, "a", NOW, b"no text"), NOW)}  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            AlertFile(path).write(told)
        assert AlertFile(path).read() == self.told()
        assert list(tmp_path.iterdir()) == [path]


def test_a_week_in_review_is_told_of_as_the_store_has_it(store: Store) -> None:
    ear, week = Ear(), replace(TABLE, at=time(6, 45), days=(3,), step=Step.WEEK)
    table = replace(TABLE, week=week)
    with store.write() as tx:
        for days in (0, 7):
            at = NOW - HOUR / 4 - timedelta(days=days)
            number = runs.begin(tx, "ostra-desk", Step.WEEK, at=at, day=at.date())
            words = f"{days} days ago"
            runs.end(tx, number, ending=Ending.FAILED, at=at, words=words)
    replace(alerting(store, ear=ear), timetable=table)()
    assert ear.heard[-1] == "began: making the week in review fails: 0 days ago"

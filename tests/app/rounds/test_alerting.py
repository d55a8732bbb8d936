"""Alerts after a run: which are sent now, once for several servers, and when they end."""

import errno
import json
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from briefing.app.rounds.alerting import (
    AlertFile,
    Alerting,
    Channel,
    Notification,
    Phase,
    SentAlert,
    decide,
    remembered,
)
from briefing.app.rounds.alerts import Alert, AlertKind, Observations, alerts_of
from briefing.core.errors import InputError
from briefing.core.model import Ending, FetchRecord, Run, Source, Step
from briefing.core.model.source import Outcome
from briefing.core.schedule import Timetable
from briefing.store import Store, open_store, runs, sources
from tests.store.conftest import server
from tests.store.postgres import Server
from tests.waiting import wait_for

__all__ = ["server"]

NOW = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TABLE = Timetable(time(6, 30), "UTC")
#: Of a briefing that has no edition.
IDLE = replace(TABLE, days=())


def failed(store: Store, words: str = "no fonts", *, at: datetime = NOW - HOUR) -> Run:
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
    return Alerting(store, "ostra-desk", IDLE, channels, lambda: at)


BEGAN = "began: collecting fails: no fonts"
OVER = (
    "over: collecting works again since 2026-03-12 08:00 UTC; "
    "the problem had lasted since 2026-03-12 06:00 UTC"
)


def test_what_was_told_is_not_told_again_after_a_restart(store: Store, tmp_path: Path) -> None:
    ear, run = Ear(), failed(store)
    for _ in range(2):
        alerting(store, ear=ear)(run)
    assert ear.heard == [BEGAN]
    worked(store, at=NOW)
    alerting(store, at=NOW + HOUR, ear=ear)()
    alerting(store, at=NOW + 2 * HOUR, ear=ear)()
    assert ear.heard[1:] == [OVER]
    assert (tmp_path / "briefing.db.ostra-desk.alerts.json").read_text() == "{}"


def test_without_a_channel_it_is_logged_once_and_not_after_a_run(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = failed(store)
    alerting(store)(run)
    assert caplog.text == ""
    assert not list(tmp_path.glob("*.json"))
    for _ in range(2):
        alerting(store)()
    assert caplog.text.count(BEGAN) == 1


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
    assert "; alerts are remembered in memory" in caplog.text
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
        "began: no response for a day or more from: Kalvik Post",
    ]


def test_what_no_channel_takes_is_kept(store: Store, caplog: pytest.LogCaptureFixture) -> None:
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


def test_a_fault_is_logged_not_raised(store: Store, caplog: pytest.LogCaptureFixture) -> None:
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
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(looks, [run] * 8))
    assert ear.heard == [BEGAN]


def test_briefings_of_one_store_have_their_own_matters(store: Store, tmp_path: Path) -> None:
    ear, run = Ear(), failed(store)
    alerting(store, ear=ear)(run)
    for name in ("sund-desk", "x" * 60, "x" * 59 + "y"):
        Alerting(store, name, IDLE, {"ear": ear}, lambda: NOW)()
    assert ear.heard == [BEGAN]
    assert [one.name for one in tmp_path.glob("*.json")] == ["briefing.db.ostra-desk.alerts.json"]


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

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "{", '{"a": 1}', '{"a": {}}', "\xff", "[[[[" * 9_000]
        + [
            json.dumps({"a": {"alert": {"kind": kind, "key": "a", **rest}, "at": NOW.isoformat()}})
            for kind, rest in (
                ("new", {"since": "2026-03-12T07:00:00Z", "message": ""}),
                ("late", {"since": "2026-03-12T07:00:00", "message": ""}),
                ("late", {"since": "2026-03-12T07:00:00Z"}),
            )
        ],
    )
    def test_is_damaged(self, tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
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


class Servers:
    """Two machines, each with its own connection to the store and its own folder."""

    def __init__(self, at: str, folder: Path) -> None:
        self.ear = Ear()
        self._open = ExitStack()
        self.folders = [folder / name for name in ("first", "second")]
        for own in self.folders:
            own.mkdir()
        self.stores = [self._open.enter_context(open_store(at, folder=own)) for own in self.folders]

    def __getitem__(self, number: int) -> Store:
        return self.stores[number]

    def look(self, number: int, *, at: datetime = NOW) -> None:
        Alerting(self[number], "ostra-desk", IDLE, {"ear": self.ear}, lambda: at)()

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def servers(server: Server, tmp_path: Path) -> Iterator[Servers]:
    with closing(Servers(server.make_database(), tmp_path)) as servers:
        yield servers


def test_an_alert_of_two_servers_is_sent_once_and_ends_once(servers: Servers) -> None:
    failed(servers[0])
    for number in (0, 1, 0, 1):
        servers.look(number)
    assert servers.ear.heard == [BEGAN]
    worked(servers[0], at=NOW)
    for number in (1, 0, 1, 0):
        servers.look(number, at=NOW + HOUR)
    assert servers.ear.heard == [BEGAN, OVER]
    # The sender remembers it, in its own folder.
    assert [len(list(own.glob("*.alerts.json"))) for own in servers.folders] == [1, 0]


def test_another_takes_over_when_the_connection_of_the_sender_is_lost(servers: Servers) -> None:
    def others(what: str) -> object:
        where = "pid <> pg_backend_pid() AND datname = current_database()"
        with servers[1].read() as tx:
            return tx.execute(sql(f"SELECT {what} FROM pg_stat_activity WHERE {where}")).scalar()  # noqa: S608  our own words

    failed(servers[0])
    servers.look(0)
    others("pg_terminate_backend(pid)")
    # A connection that is ended keeps its lock until its process is gone.
    wait_for(lambda: not others("count(*)"))
    servers.look(1)
    worked(servers[1], at=NOW)
    # The first notices that its connection is gone, and then that another sends.
    for number in (0, 0, 1, 0, 1):
        servers.look(number, at=NOW + HOUR)
    # The second sent what lasts once more.
    assert servers.ear.heard == [BEGAN, BEGAN, OVER]


def test_a_refused_start_is_over_once_it_starts(servers: Servers) -> None:
    refused = Alert(AlertKind.PREFLIGHT, "check of relay", NOW - HOUR, "no answer")
    file = AlertFile(servers[1].place.beside("ostra-desk.alerts.json"))
    file.write({refused.key: SentAlert(refused, NOW - HOUR)})
    for number in (1, 0, 1):
        servers.look(number)
    assert len(servers.ear.heard) == 1
    assert servers.ear.heard[0].startswith("over: check of relay: passes again since ")
    assert file.read() == {}


class Teller:
    """Tells and remembers as an operator would see it."""

    def __init__(self) -> None:
        self.told: dict[str, SentAlert] = {}

    def look(self, at: datetime, *alerts: Alert) -> list[Phase]:
        notices = decide(alerts, self.told, at)
        self.told = remembered(self.told, alerts, notices, at)
        return [one.phase for one in notices]


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def alert(message: str = "collecting fails: down", **changes: Any) -> Alert:  # noqa: ANN401
    return Alert(
        **{"kind": AlertKind.FAILING, "key": "collect", "since": NOW, "message": message, **changes}
    )


class TestAnAlert:
    def test_is_told_when_it_begins_daily_when_its_reason_changes_and_when_over(self) -> None:
        teller = Teller()
        assert teller.look(NOW, alert()) == [Phase.BEGAN]
        assert teller.look(NOW + 23 * HOUR, alert()) == []
        assert teller.look(NOW + 24 * HOUR, alert()) == [Phase.LASTS]
        assert teller.look(NOW + 25 * HOUR, alert()) == []
        assert teller.look(NOW + 26 * HOUR) == [Phase.OVER]
        assert teller.look(NOW + 27 * HOUR) == []
        assert teller.told == {}
        teller = Teller()
        teller.look(NOW, alert("delivering fails: 12 wait"))
        assert teller.look(NOW + HOUR, alert("delivering fails: 130 wait")) == []
        assert teller.look(NOW + HOUR, alert("delivering fails: refused")) == [Phase.CHANGED]
        assert teller.look(NOW + 2 * HOUR, alert("delivering fails: refused")) == []
        other = alert("delivering fails: refused", kind=AlertKind.LATE)
        assert teller.look(NOW + 3 * HOUR, other) == [Phase.CHANGED]

    def test_that_happened_once_has_no_end_and_no_clock_hides_when_one_began(self) -> None:
        teller = Teller()
        assert teller.look(NOW, alert(once=True)) == [Phase.BEGAN]
        assert teller.look(NOW + 48 * HOUR, alert(once=True)) == []
        assert teller.look(NOW + 49 * HOUR) == []
        assert teller.told == {}
        teller = Teller()
        teller.look(NOW + 300 * DAY, alert())
        assert teller.look(NOW, alert()) == [Phase.LASTS]
        assert teller.look(NOW + HOUR, alert()) == []
        told = {"collect": SentAlert(alert(), NOW)}
        later = alert("collecting fails: other", since=NOW + 5 * HOUR)
        (notice,) = decide([later], told, NOW + 6 * HOUR)
        assert notice.alert == alert("collecting fails: other")
        new = alert(since=NOW + 5 * HOUR, kind=AlertKind.LATE)
        assert decide([new], told, NOW + 6 * HOUR)[0].alert == new

    @pytest.mark.parametrize(
        ("phase", "told", "words"),
        [
            (Phase.LASTS, alert(), "ongoing since 2026-03-12 07:00 UTC: collecting fails: down"),
            (
                Phase.OVER,
                alert(kind=AlertKind.SOURCES, key="sources"),
                (
                    "every source has answered within a day since 2026-03-13 07:00 UTC; "
                    "the problem had lasted since 2026-03-12 07:00 UTC"
                ),
            ),
        ],
    )
    def test_is_told_in_one_line(self, phase: Phase, told: Alert, words: str) -> None:
        assert Notification(phase, told, NOW + DAY).message == words


KEYS = st.sampled_from(["collect", "publish", "edition 2026-03-12", "sources"])
MATTERS = st.builds(
    Alert,
    st.sampled_from(AlertKind),
    KEYS,
    st.just(NOW),
    st.sampled_from(["a", "b 1", "b 2"]),
    once=st.booleans(),
)
LOOKS = st.lists(st.lists(MATTERS, unique_by=lambda one: one.key, max_size=4), max_size=6)


@given(LOOKS)
def test_looking_twice_tells_nothing_twice(looks: list[list[Alert]]) -> None:
    teller = Teller()
    for number, alerts in enumerate(looks):
        at = NOW + number * HOUR
        teller.look(at, *alerts)
        assert teller.look(at, *alerts) == []
        assert set(teller.told) == {one.key for one in alerts}


@given(LOOKS)
def test_every_end_follows_a_begin(looks: list[list[Alert]]) -> None:
    teller, open_keys = Teller(), set[str]()
    for number, alerts in enumerate([*looks, []]):
        notices = decide(alerts, teller.told, NOW + number * HOUR)
        ended = [one.alert.key for one in notices if one.phase is Phase.OVER]
        assert set(ended) <= open_keys
        open_keys = {one.key for one in alerts}
        teller.look(NOW + number * HOUR, *alerts)
    assert teller.told == {}


def test_a_clock_that_was_set_back_is_told_once_for_each_time() -> None:
    def clock(now: datetime, *later: datetime) -> tuple[Alert, ...]:
        return alerts_of(Observations((), (), now, later=later))

    for ahead in (timedelta(0), 5 * MINUTE):
        assert clock(NOW, NOW + ahead) == ()
    teller = Teller()
    (told,) = clock(NOW, NOW + 365 * DAY)
    assert (told.kind, told.message) == (
        AlertKind.CLOCK,
        (
            "the clock says 2026-03-12 07:00 UTC, before a run at 2027-03-12 07:00; correct it, "
            "unless it was wrong at that time"
        ),
    )
    assert teller.look(NOW, told) == [Phase.BEGAN]
    # though it stays in the store for as long as that
    for hours in range(1, 30):
        later = NOW + hours * HOUR
        assert teller.look(later, *clock(later, NOW + 365 * DAY)) == []
    # and hides no other
    twice = (NOW + 365 * DAY, NOW + 2.9 * DAY, NOW + 3 * DAY, NOW + 3 * DAY + HOUR)
    assert teller.look(NOW + 2 * DAY, *clock(NOW + 2 * DAY, *twice)) == [Phase.BEGAN]
    assert teller.look(NOW + 4 * DAY, *clock(NOW + 4 * DAY, NOW + 365 * DAY)) == []

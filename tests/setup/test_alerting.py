from __future__ import annotations

import errno
import json
import logging
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from briefing.app.rounds.alerting import Alerting, Channel, read_sent_alerts, write_sent_alerts
from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.app.rounds.notifications import Notification, Phase, SentAlert
from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Ending, FetchRecord, Run, Source, Step
from briefing.core.model.source import Outcome
from briefing.core.schedule import Timetable
from briefing.setup.alert_mail import alert_mail, alert_text
from briefing.setup.alerting import alert_json, alerting_of
from briefing.setup.outbox import send_waiting
from briefing.setup.post import post_of
from briefing.setup.settings import load
from briefing.store import Store, runs, sources
from tests.listener import listening
from tests.mail.relays import Faulty, once, real
from tests.store.ready import ready_store

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NOW = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPERATOR = "desk@ministry.example"
TABLE = Timetable(time(6, 30), "UTC")
SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{hook}]
[mail]
sender = "news@desk.example"
host = "127.0.0.1"
port = {port}
security = "none"
[alerts]
"""


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


def settings(folder: Path, alerts: str, *, port: int = 1, hook: int = 1) -> Any:  # noqa: ANN401
    path = folder / "briefing.toml"
    path.write_text(SETTINGS.format(port=port, hook=hook) + alerts)
    return load(path)


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
        write_sent_alerts(path, self.told())
        assert read_sent_alerts(path) == self.told()
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [path]

    def test_is_nothing_where_it_was_never_written(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert read_sent_alerts(tmp_path / "told.json") == {}
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
        assert read_sent_alerts(path) == {}
        assert "alerts are sent again" in caplog.text

    def test_stays_whole_when_it_cannot_be_written(self, tmp_path: Path) -> None:
        path = tmp_path / "told.json"
        write_sent_alerts(path, self.told())
        told: Any = {"a": SentAlert(Alert(AlertKind.LATE, "a", NOW, b"no text"), NOW)}  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            write_sent_alerts(path, told)
        assert read_sent_alerts(path) == self.told()
        assert list(tmp_path.iterdir()) == [path]


HOSTILE = "down\r\nBcc: all@readers.example\nhttps://a.example/?key=1 \u202e\x1b[2J"


def notice(words: str, *, key: str = "collect", phase: Phase = Phase.BEGAN) -> Notification:
    return Notification(phase, Alert(AlertKind.FAILING, key, NOW - HOUR, words), NOW)


class TestAMail:
    def made(self, folder: Path, *words: str) -> Any:  # noqa: ANN401
        post = post_of(settings(folder, ""), folder=folder)
        notices = [notice(one) for one in words]
        told = alert_text(notices, name="Ostra Desk")
        raw = alert_mail(told, to=OPERATOR, post=post, at=NOW)
        assert all(len(line) < 100 for line in raw.split(b"\r\n"))
        return message_from_bytes(raw, policy=default)

    def test_tells_all_notices_and_the_first_as_its_subject(self, tmp_path: Path) -> None:
        mail = self.made(tmp_path, "collecting fails: down", "no answer")
        assert mail["Subject"] == "[Ostra Desk] collecting fails: down (and 1 more)"
        assert (mail["From"], mail["To"]) == ("Ostra Desk <news@desk.example>", OPERATOR)
        assert (mail["Auto-Submitted"], mail["Date"]) == (
            "auto-generated",
            "Thu, 12 Mar 2026 07:00:00 +0000",
        )
        assert mail.get_content().replace("\r\n", "\n") == (
            "Ostra Desk:\n\n- collecting fails: down\n- no answer\n\n"
            "`briefing doctor` checks everything.\n"
        )

    def test_says_nothing_that_breaks_out_or_that_others_must_not_know(
        self, tmp_path: Path
    ) -> None:
        mail = self.made(tmp_path, HOSTILE)
        assert mail["Bcc"] is None
        for text in (mail["Subject"], mail.get_content()):
            assert "readers.example" not in text
            assert "key=1" not in text
            assert text.replace("\r\n", "").isprintable()

    def test_of_another_moment_is_another_mail(self, tmp_path: Path) -> None:
        post = post_of(settings(tmp_path, ""), folder=tmp_path)
        ids = {
            re.search(rb"Message-ID: (.*)\r", alert_mail("a\nb", to=OPERATOR, post=post, at=at))
            for at in (NOW, NOW, NOW + HOUR)
        }
        assert len({found[1] for found in ids if found}) == 2

    def test_is_handed_to_the_relay(self, store: Store, tmp_path: Path) -> None:
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            alert = alerting_of(told, store, folder=tmp_path, timetable=None)
            for _ in range(2):
                alert(failed(store, at=datetime.now(UTC) - HOUR))
        (mail,) = taken
        assert (mail.sender, mail.recipient) == ("news@desk.example", OPERATOR)
        assert b"\r\nAuto-Submitted: auto-generated\r\n" in mail.message
        assert b"collecting fails: no fonts" in mail.message

    def test_that_the_relay_refuses_is_told_anew_after_the_next_run(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Faulty(fault=once("RCPT", "550 5.7.1 no")).running() as relay:
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=relay.port)
            alert = alerting_of(told, store, folder=tmp_path, timetable=None)
            alert(failed(store))
            assert f"no alert by mail: relay 127.0.0.1:{relay.port}: 550" in caplog.text
            alert()
            assert [mail.recipient for mail in relay.taken] == [OPERATOR]

    def test_that_the_relay_does_not_take_yet_waits_for_it(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        told = settings(tmp_path, f'mail = "{OPERATOR}"')
        alert = alerting_of(told, store, folder=tmp_path, timetable=None)
        for _ in range(2):
            alert(failed(store))
        assert caplog.text.count("an alert mail is waiting: ") == 1
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            send_waiting(store, settings=told, folder=tmp_path)
        assert [mail.recipient for mail in taken] == [OPERATOR]

    def test_goes_out_by_itself_where_the_store_cannot_take_it(
        self, store: Store, tmp_path: Path
    ) -> None:
        with store.write() as tx:
            tx.execute(sql("DROP TABLE delivery"))
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            alerting_of(told, store, folder=tmp_path, timetable=None)(failed(store))
        assert [mail.recipient for mail in taken] == [OPERATOR]


class TestAWebhook:
    def test_gets_json_that_a_chat_can_show(self, store: Store, tmp_path: Path) -> None:
        run = failed(store, at=NOW)
        with listening() as listener:
            told = settings(tmp_path, f'webhook = "{listener.url}"', hook=listener.port)
            for _ in range(2):
                alerting_of(told, store, folder=tmp_path, timetable=None)(run)
        (posted,) = listener.posted
        content = json.loads(posted.body)
        assert content.pop("alerts")[0].pop("at") > "2026"
        assert content == {
            "briefing": "ostra-desk",
            "text": "Ostra Desk: collecting fails: no fonts",
        }

    def test_is_told_each_notice_without_what_others_must_not_know(self) -> None:
        told: Any = alert_json([notice("b"), notice(HOSTILE, phase=Phase.LASTS)], name="Ostra Desk")
        first, second = told["alerts"]
        assert first == {
            "phase": "began",
            "kind": "failing",
            "key": "collect",
            "since": "2026-03-12T06:00:00+00:00",
            "at": "2026-03-12T07:00:00+00:00",
            "words": "b",
        }
        assert second["words"].startswith("ongoing since 12 March 06:00 UTC: down\\r\\nBcc: …")
        assert "readers.example" not in json.dumps(told)

    def test_that_fails_is_only_logged_without_its_address(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        with listening(404) as listener:
            told = settings(tmp_path, f'webhook = "{listener.url}"', hook=listener.port)
            alerting_of(told, store, folder=tmp_path, timetable=None)(failed(store))
        assert "no alert by webhook: 127.0.0.1: answers 404" in caplog.text
        assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("alerts", "told"),
    [
        ('mail = "desk"', r"alerts\.mail: address 'desk'"),
        ('webhook = "http://127.0.0.1:99/secret"', r"alerts\.webhook: port 99 is not allowed"),
        ('webhook = "http://10.0.0.1/secret"', r"alerts\.webhook: .*10\.0\.0\.1"),
        ('webhook = "https://a:b@c.example/secret"', r"alerts\.webhook: addresses with a user"),
    ],
)
def test_what_cannot_work_is_refused_before_any_work(
    store: Store, tmp_path: Path, alerts: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        alerting_of(settings(tmp_path, alerts), store, folder=tmp_path, timetable=None)
    assert "secret" not in str(error.value)


def test_a_mail_needs_a_sender(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text(f'[alerts]\nmail = "{OPERATOR}"\n')
    with pytest.raises(SettingsError, match=r"alerts\.mail: needs a sender; set mail\.sender"):
        alerting_of(load(path), store, folder=tmp_path, timetable=None)

import json
import logging
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from briefing.app.rounds.alerting import Notification, Phase
from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.core.errors import SettingsError
from briefing.settings import load
from briefing.setup.alerting import alert_json, alerting_of
from briefing.setup.clock import now
from briefing.setup.outbox import alert_text, send_waiting, short_mail
from briefing.setup.post import post_of
from briefing.store import Store
from tests.app.rounds.test_alerting import HOUR, NOW, failed
from tests.examples import examples
from tests.listener import listening
from tests.mail.relays import Faulty, once, real, sending

OPERATOR = "desk@ministry.example"
SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{hook}]
{mail}
[alerts]
"""


def settings(folder: Path, alerts: str, *, port: int = 1, hook: int = 1) -> Any:  # noqa: ANN401
    path = folder / "briefing.toml"
    path.write_text(SETTINGS.format(mail=sending(port), hook=hook) + alerts)
    return load(path)


HOSTILE = "down\r\nBcc: all@readers.example\nhttps://a.example/?key=1 \u202e\x1b[2J"


def notice(words: str, *, key: str = "collect", phase: Phase = Phase.BEGAN) -> Notification:
    return Notification(phase, Alert(AlertKind.FAILING, key, NOW - HOUR, words), NOW)


class TestAMail:
    def made(self, folder: Path, *words: str) -> Any:  # noqa: ANN401
        post = post_of(settings(folder, ""))
        told = alert_text([notice(one) for one in words], name="Ostra Desk")
        raw = short_mail("alert", told, to=OPERATOR, post=post, at=NOW)
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

    def test_breaks_out_of_nothing_and_is_another_at_another_moment(self, tmp_path: Path) -> None:
        mail = self.made(tmp_path, HOSTILE)
        assert mail["Bcc"] is None
        for text in (mail["Subject"], mail.get_content()):
            assert "readers.example" not in text
            assert "key=1" not in text
            assert text.replace("\r\n", "").isprintable()
        post = post_of(settings(tmp_path, ""))
        ids = {
            re.search(
                rb"Message-ID: (.*)\r", short_mail("alert", "a\nb", to=OPERATOR, post=post, at=at)
            )
            for at in (NOW, NOW, NOW + HOUR)
        }
        assert len({found[1] for found in ids if found}) == 2

    def test_is_handed_to_the_relay(self, store: Store, tmp_path: Path) -> None:
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            alert = alerting_of(told, store, timetable=None)
            for _ in range(2):
                alert(failed(store, at=now() - HOUR))
        (mail,) = taken
        assert (mail.sender, mail.recipient) == ("news@desk.example", OPERATOR)
        assert b"\r\nAuto-Submitted: auto-generated\r\n" in mail.message
        assert b"collecting fails: no fonts" in mail.message

    def test_that_the_relay_refuses_is_told_anew_after_the_next_run(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Faulty(fault=once("RCPT", "550 5.7.1 no")).running() as relay:
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=relay.port)
            alert = alerting_of(told, store, timetable=None)
            alert(failed(store))
            assert f"no alert by mail: relay 127.0.0.1:{relay.port}: 550" in caplog.text
            alert()
            assert [mail.recipient for mail in relay.taken] == [OPERATOR]

    def test_that_the_relay_does_not_take_yet_waits_for_it(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        told = settings(tmp_path, f'mail = "{OPERATOR}"')
        alert = alerting_of(told, store, timetable=None)
        for _ in range(2):
            alert(failed(store))
        assert caplog.text.count("an alert mail is waiting: ") == 1
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            send_waiting(store, settings=told)
        assert [mail.recipient for mail in taken] == [OPERATOR]

    def test_goes_out_alone_if_the_store_is_lost(self, store: Store, tmp_path: Path) -> None:
        with store.write() as tx:
            tx.execute(sql("DROP TABLE delivery"))
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            alerting_of(told, store, timetable=None)(failed(store))
        assert [mail.recipient for mail in taken] == [OPERATOR]


class TestAWebhook:
    def test_gets_json_that_a_chat_can_show(self, store: Store, tmp_path: Path) -> None:
        run = failed(store, at=NOW)
        with listening() as listener:
            told = settings(tmp_path, f'webhook = "{listener.url}"', hook=listener.port)
            for _ in range(2):
                alerting_of(told, store, timetable=None)(run)
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
            alerting_of(told, store, timetable=None)(failed(store))
        assert "no alert by webhook: 127.0.0.1: answers 404" in caplog.text
        assert "secret" not in caplog.text


@examples("alerts, told")
def test_what_cannot_work_is_refused(store: Store, tmp_path: Path, alerts: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        alerting_of(settings(tmp_path, alerts), store, timetable=None)
    assert "secret" not in str(error.value)


def test_a_mail_needs_a_sender(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text(f'[alerts]\nmail = "{OPERATOR}"\n')
    with pytest.raises(SettingsError, match=r"alerts\.mail: needs a sender; set mail\.sender"):
        alerting_of(load(path), store, timetable=None)

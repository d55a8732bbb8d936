import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy import text as sql

from briefing.app.rounds.alerting import Notification, Phase
from briefing.app.rounds.alerts import Alert, AlertKind
from briefing.core import model
from briefing.core.errors import SettingsError
from briefing.core.text.watch_alerts import OF_SOURCE, SPAN, WatchAlert
from briefing.settings import Settings, load
from briefing.setup.channels import alert_json, alerting_of, deliver_due
from briefing.setup.clock import now
from briefing.setup.daily import alert_watched
from briefing.setup.mailing import alert_text, send_waiting, short_mail, watch_line, watch_text
from briefing.setup.post import post_of
from briefing.store import Store, deliveries
from briefing.store.mail_tables import DELIVERY
from tests.app.rounds.test_alerting import HOUR, NOW, failed
from tests.examples import examples
from tests.listener import listening
from tests.mail.relays import Faulty, once, real, sending
from tests.newsday import HARBOR, HARBOR_AGAIN, report
from tests.publishing import Desk
from tests.store.ready import ready_store

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
        for part in (mail["Subject"], mail.get_content()):
            assert "readers.example" not in part
            assert "key=1" not in part
            assert part.replace("\r\n", "").isprintable()
        post = post_of(settings(tmp_path, ""))
        ids = {
            re.search(
                rb"Message-ID: (.*)\r", short_mail("alert", "a\nb", to=OPERATOR, post=post, at=at)
            )
            for at in (NOW, NOW, NOW + HOUR)
        }
        assert len({found[1] for found in ids if found}) == 2

    def test_is_handed_to_the_relay_once_in_the_language_of_the_briefing(
        self, store: Store, tmp_path: Path
    ) -> None:
        with real() as (port, taken):
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=port)
            german = told.model_copy(update={"language": "de"})
            alert = alerting_of(german, store)
            for _ in range(2):
                alert(failed(store, at=now() - HOUR))
        (mail,) = taken
        assert (mail.sender, mail.recipient) == ("news@desk.example", OPERATOR)
        read = message_from_bytes(mail.message, policy=default)
        assert read["Subject"] == "[Ostra Desk] Sammeln schlägt fehl: no fonts"
        assert read.get_content().replace("\r\n", "\n") == (
            "Ostra Desk:\n\n- Sammeln schlägt fehl: no fonts\n\n`briefing doctor` prüft alles.\n"
        )

    def test_that_the_relay_refuses_is_told_anew_after_the_next_run(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Faulty(fault=once("RCPT", "550 5.7.1 no")).running() as relay:
            told = settings(tmp_path, f'mail = "{OPERATOR}"', port=relay.port)
            alert = alerting_of(told, store)
            alert(failed(store))
            assert f"no alert by mail: relay 127.0.0.1:{relay.port}: 550" in caplog.text
            alert()
            assert [mail.recipient for mail in relay.taken] == [OPERATOR]

    def test_that_the_relay_does_not_take_yet_waits_for_it(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        told = settings(tmp_path, f'mail = "{OPERATOR}"')
        alert = alerting_of(told, store)
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
            alerting_of(told, store)(failed(store))
        assert [mail.recipient for mail in taken] == [OPERATOR]


class TestAWebhook:
    def test_gets_json_that_a_chat_can_show(self, store: Store, tmp_path: Path) -> None:
        run = failed(store, at=NOW)
        with listening() as listener:
            told = settings(tmp_path, f'webhook = "{listener.url}"', hook=listener.port)
            for _ in range(2):
                alerting = alerting_of(told, store)
                # No edition is due.
                replace(alerting, timetable=replace(alerting.timetable, days=()))(run)
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
        assert second["words"].startswith("ongoing since 2026-03-12 06:00 UTC: down\\r\\nBcc: …")
        assert "readers.example" not in json.dumps(told)

    def test_that_fails_is_only_logged_without_its_address(
        self, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        with listening(404) as listener:
            told = settings(tmp_path, f'webhook = "{listener.url}"', hook=listener.port)
            alerting_of(told, store)(failed(store))
        assert "no alert by webhook: 127.0.0.1: answers 404" in caplog.text
        assert "secret" not in caplog.text


@examples("alerts, told")
def test_what_cannot_work_is_refused(store: Store, tmp_path: Path, alerts: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        alerting_of(settings(tmp_path, alerts), store)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'[alerts]\nmail = "{OPERATOR}"\n', r"alerts\.mail: needs a sender; set mail\.sender"),
        (
            '[[watch]]\nname = "coast"\nwords = ["x"]\nalert = 1\nalert_mail = ["a@b.example"]\n',
            "watch coast: alert_mail: needs a sender",
        ),
    ],
)
def test_a_mail_needs_a_sender(store: Store, tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "briefing.toml").write_text(text)
    with pytest.raises(SettingsError, match=why):
        alerting_of(load(tmp_path / "briefing.toml"), store)


DESK = "ports@ministry.example"
WATCHED = """
name = "Ostra Desk"
[[watch]]
name = "coast"
label = "The coast"
words = ["Port Ostra", "Norvian coastguard"]
alert = 2
alert_mail = [{to}]
[web]
address = "https://briefing.example"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{hook}]
{mail}
[alerts]
mail = "{operator}"
webhook = "{webhook}"
"""
#: Names that make titles and texts of a flood unlike each other.
_FIRST = tuple("Kal Ber Tos Vin Mar Sol Dra Hel Jor Pel".split())
_LAST = tuple("vik nau rom dal sund grad mouth".split())
ADDRESS = "https://courier.example/harbor?id=7&token=x"


def watching(
    folder: Path,
    *,
    to: str = "",
    port: int = 1,
    hook: int = 1,
    operator: str = OPERATOR,
    webhook: str = "",
) -> Settings:
    path = folder / "briefing.toml"
    own = f'"{to}"' if to else ""
    path.write_text(
        WATCHED.format(to=own, mail=sending(port), hook=hook, operator=operator, webhook=webhook)
    )
    return load(path)


@pytest.fixture
def watched_store(tmp_path: Path) -> Iterator[Store]:
    """Return a store in which two publishers report of Port Ostra."""
    with ready_store("briefing.db", folder=tmp_path) as watched_store:
        first = replace(report("harbor", HARBOR), url=ADDRESS)
        again = report("again", HARBOR_AGAIN, publisher="Kalvik Post")
        bring_in(watched_store, first, again, at=now() - timedelta(hours=1))
        yield watched_store


def bring_in(store: Store, *reports: model.Document, at: datetime) -> None:
    """Keep reports that are published as they come in."""
    Desk(store).keep(*(replace(one, published=at) for one in reports), when=at)


def test_who_the_list_names_is_mailed_once_with_a_link(
    watched_store: Store, tmp_path: Path
) -> None:
    with real() as (port, taken), listening() as listener:
        told = watching(tmp_path, to=DESK, port=port, hook=listener.port, webhook=listener.url)
        assert [alert_watched(watched_store, settings=told) for _ in range(2)] == [1, 0]
        alerting_of(told, watched_store)()
    # What has addresses of its own is theirs alone.
    (mail,) = taken
    assert listener.posted == []
    assert mail.recipient == DESK
    parsed = mail.mail
    assert parsed["Auto-Submitted"] == "auto-generated"
    title = next(one for one in (HARBOR[0], HARBOR_AGAIN[0]) if one in parsed["Subject"])
    assert parsed["Subject"] == f"[Ostra Desk] The coast: {title}"
    lines = mail.text().splitlines()
    assert lines[0].startswith("2 publishers report a new story that names ")
    assert title in lines
    assert {ADDRESS, "https://courier.example/again"} & set(lines)
    assert "https://briefing.example/admin/settings/watch/coast" in lines


def test_else_the_operators_are_and_the_webhook_once(watched_store: Store, tmp_path: Path) -> None:
    with real() as (port, taken), listening() as listener:
        told = watching(tmp_path, port=port, hook=listener.port, webhook=listener.url)
        assert alert_watched(watched_store, settings=told) == 1
        for _ in range(2):
            alerting_of(told, watched_store)()
    assert [mail.recipient for mail in taken] == [OPERATOR]
    (posted,) = listener.posted
    content = json.loads(posted.body)
    (only,) = content["alerts"]
    assert (only["phase"], only["kind"]) == ("began", "watch")
    assert only["words"].startswith("The coast: 2 publishers with a new story: ")
    assert only["words"].endswith((ADDRESS, "https://courier.example/again"))
    assert only["words"] in content["text"]


def test_a_channel_gets_the_alerts_of_its_lists(watched_store: Store, tmp_path: Path) -> None:
    with listening() as listener:
        watching(tmp_path, hook=listener.port)
        path = tmp_path / "briefing.toml"
        channel = '\n[[channel]]\nname = "{}"\naddress = "json://127.0.0.1:{}/"\nwatch = {}\n'
        own = channel.format("coast-room", listener.port, ["coast"])
        path.write_text(path.read_text() + own + channel.format("other-room", listener.port, []))
        settings = load(path)
        for _ in range(2):
            alert_watched(watched_store, settings=settings)
            deliver_due(watched_store, settings=settings)
    (posted,) = listener.posted
    content = json.loads(posted.body)
    assert content["title"].startswith("[Ostra Desk] The coast: ")
    assert content["message"].startswith("2 publishers report a new story that names ")
    assert content["attachments"] == []


def test_a_mail_not_taken_waits_and_is_written_once(watched_store: Store, tmp_path: Path) -> None:
    told = watching(tmp_path)
    assert [alert_watched(watched_store, settings=told) for _ in range(2)] == [1, 0]
    with watched_store.read() as tx:
        (row,) = tx.execute(select(DELIVERY.c.kind, DELIVERY.c.status)).all()
    assert tuple(row) == ("watch", "due")


def test_a_fault_is_logged(
    watched_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with watched_store.write() as tx:
        tx.execute(text("DROP TABLE watch_alert"))
    assert alert_watched(watched_store, settings=watching(tmp_path)) == 0
    assert "watch-lists cannot alert" in caplog.text


@pytest.mark.parametrize(
    ("to", "why"), [("ports@x@y", "alert_mail"), ("ports@-", "watch coast: alert_mail: address")]
)
def test_what_is_no_address_is_refused(
    watched_store: Store, tmp_path: Path, to: str, why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        alerting_of(watching(tmp_path, to=to), watched_store)


def found(*documents: model.Document, entries: Sequence[str] = ("Port Ostra",)) -> WatchAlert:
    own = model.WatchList("coast", (model.WatchEntry("Port Ostra"),), "The coast", alert=1)
    return WatchAlert(own, model.Story("s1", documents), tuple(entries), 1)


def test_hostile_text_stays_on_its_line() -> None:
    attack = "Bcc: all@x.example\r\n\r\n<script>\u202e\x1b[2J" + "x" * 10_000
    evil = model.Document("d", attack, "", publisher=attack, url="javascript:alert(1)")
    mail = watch_text(found(evil, entries=(attack,)), name="Ostra\nDesk", web="")
    subject, first, *_ = mail.split("\n")
    assert subject.startswith("[Ostra Desk] The coast: Bcc: all@x.example")
    assert "\x1b" not in mail
    assert "\u202e" not in mail
    assert "javascript" not in mail
    assert first.startswith("1 publisher reports a new story that names Bcc: all@x.example\\r")
    assert "\n" not in watch_line(found(evil))
    bare = watch_line(found(model.Document("d", "", "")))
    assert bare == "The coast: 1 publisher with a new story: Port Ostra"


def flood(town: str) -> model.Document:
    """Return a report about a watched name and words that no other report has."""
    words = [f"{town}{ending}" for ending in "er ia ing ans ol um".split()]
    text = " ".join(
        f"The {one} of {other} will join the {other} of {one} in {town}, said {one}."
        for one, other in pairwise(words)
    )
    title = f"Port Ostra {words[0]} {words[1]} {words[2]}"
    return report(f"flood{town}", (title, text), publisher="Flood Post")


def test_a_flood_by_one_source_is_a_few_mails_and_one_digest(
    watched_store: Store, tmp_path: Path
) -> None:
    """One feed with 70 titles that begin with a watched name."""
    towns = [f"{first}{last}" for first in _FIRST for last in _LAST]
    with real() as (port, taken):
        told = watching(tmp_path, port=port)
        told = told.model_copy(
            update={"watch": tuple(one.model_copy(update={"alert": 1}) for one in told.watch)}
        )
        at = now()
        bring_in(watched_store, *(flood(town) for town in towns), at=at)
        given = alert_watched(watched_store, settings=told)
        assert given > 40
        # and one that two publishers report
        assert len(taken) == OF_SOURCE + 1
        with watched_store.read() as tx:
            waiting = [
                one
                for one in deliveries.asked_since(tx, model.MailKind.WATCH, at - SPAN)
                if one.status is model.DeliveryStatus.DUE
            ]
        (digest,) = waiting
        assert digest.due - at >= SPAN
        assert digest.words.count("\n- The coast: ") == given - OF_SOURCE - 1

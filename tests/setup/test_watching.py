import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, text

from briefing.core import model
from briefing.core.errors import SettingsError
from briefing.core.text.watch_alerts import OF_SOURCE, SPAN, WatchAlert
from briefing.settings import Settings, load
from briefing.setup.alerting import alerting_of
from briefing.setup.clock import now
from briefing.setup.daily import alert_watched
from briefing.setup.outbox import watch_line, watch_text
from briefing.store import Store, deliveries, documents
from briefing.store.mail_tables import DELIVERY
from tests.listener import listening
from tests.mail.relays import real, sending
from tests.newsday import HARBOR, HARBOR_AGAIN, report
from tests.store.ready import ready_store

OPERATOR, DESK = "desk@ministry.example", "ports@ministry.example"
SETTINGS = """
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


def settings(
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
        SETTINGS.format(to=own, mail=sending(port), hook=hook, operator=operator, webhook=webhook)
    )
    return load(path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store in which two publishers report of Port Ostra."""
    with ready_store("briefing.db", folder=tmp_path) as store:
        at = now() - timedelta(hours=1)
        first = replace(report("harbor", HARBOR), url=ADDRESS)
        for one in (first, report("again", HARBOR_AGAIN, publisher="Kalvik Post")):
            with store.write() as tx:
                item = model.Item(
                    replace(one, published=at), keys=(f"url {one.url}",), from_page=True
                )
                documents.keep(tx, item, source="https://courier.example/feed", at=at)
        yield store


def test_who_the_list_names_is_mailed_once_with_a_link(store: Store, tmp_path: Path) -> None:
    with real() as (port, taken):
        told = settings(tmp_path, to=DESK, port=port)
        assert [alert_watched(store, settings=told) for _ in range(2)] == [1, 0]
    (mail,) = taken
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


def test_else_the_operators_are_and_the_webhook_once(store: Store, tmp_path: Path) -> None:
    with real() as (port, taken), listening() as listener:
        told = settings(tmp_path, port=port, hook=listener.port, webhook=listener.url)
        assert alert_watched(store, settings=told) == 1
        for _ in range(2):
            alerting_of(told, store, timetable=None)()
    assert [mail.recipient for mail in taken] == [OPERATOR]
    (posted,) = listener.posted
    content = json.loads(posted.body)
    (only,) = content["alerts"]
    assert (only["phase"], only["kind"]) == ("began", "watch")
    assert only["words"].startswith("The coast: 2 publishers with a new story: ")
    assert only["words"].endswith((ADDRESS, "https://courier.example/again"))
    assert only["words"] in content["text"]


def test_a_list_with_addresses_of_its_own_is_theirs_alone(store: Store, tmp_path: Path) -> None:
    with real() as (port, taken), listening() as listener:
        told = settings(tmp_path, to=DESK, port=port, hook=listener.port, webhook=listener.url)
        alert_watched(store, settings=told)
        alerting_of(told, store, timetable=None)()
    assert [mail.recipient for mail in taken] == [DESK]
    assert listener.posted == []


def test_a_mail_not_taken_waits_and_is_written_once(store: Store, tmp_path: Path) -> None:
    told = settings(tmp_path)
    assert [alert_watched(store, settings=told) for _ in range(2)] == [1, 0]
    with store.read() as tx:
        (row,) = tx.execute(select(DELIVERY.c.kind, DELIVERY.c.status)).all()
    assert tuple(row) == ("watch", "due")


def test_a_fault_is_logged(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with store.write() as tx:
        tx.execute(text("DROP TABLE watch_alert"))
    assert alert_watched(store, settings=settings(tmp_path)) == 0
    assert "watch-lists cannot alert" in caplog.text


@pytest.mark.parametrize(
    ("to", "why"), [("ports@x@y", "alert_mail"), ("ports@-", "watch coast: alert_mail: address")]
)
def test_what_is_no_address_is_refused(store: Store, tmp_path: Path, to: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        alerting_of(settings(tmp_path, to=to), store, timetable=None)


def test_addresses_need_a_sender(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text(
        f'[[watch]]\nname = "coast"\nwords = ["x"]\nalert = 1\nalert_mail = ["{DESK}"]\n'
    )
    with pytest.raises(SettingsError, match="watch coast: alert_mail: needs a sender"):
        alerting_of(load(path), store, timetable=None)


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


def test_a_flood_by_one_source_is_a_few_mails_and_one_digest(store: Store, tmp_path: Path) -> None:
    """One feed with 70 titles that begin with a watched name."""
    towns = [f"{first}{last}" for first in _FIRST for last in _LAST]
    with real() as (port, taken):
        told = settings(tmp_path, port=port)
        told = told.model_copy(
            update={"watch": tuple(one.model_copy(update={"alert": 1}) for one in told.watch)}
        )
        at = now()
        with store.write() as tx:
            for number, town in enumerate(towns):
                words = [f"{town}{ending}" for ending in "er ia ing ans ol um".split()]
                told_of = " ".join(
                    f"The {one} of {other} will join the {other} of {one} in {town}, said {one}."
                    for one, other in pairwise(words)
                )
                title = f"Port Ostra {words[0]} {words[1]} {words[2]}"
                one = report(f"flood{number}", (title, told_of), publisher="Flood Post")
                own = model.Item(
                    replace(one, published=at), keys=(f"url {one.url}",), from_page=True
                )
                documents.keep(tx, own, source="https://flood.example/feed", at=at)
        given = alert_watched(store, settings=told)
        assert given > 40
        # and one that two publishers report
        assert len(taken) == OF_SOURCE + 1
        with store.read() as tx:
            waiting = [
                one
                for one in deliveries.asked_since(tx, model.MailKind.WATCH, at - SPAN)
                if one.status is model.DeliveryStatus.DUE
            ]
        (digest,) = waiting
        assert digest.due - at >= SPAN
        assert digest.words.count("\n- The coast: ") == given - OF_SOURCE - 1

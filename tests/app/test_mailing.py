"""From a published edition to mails that a real relay has taken over, as the command does it."""

import io
import json
import re
import sqlite3
import zlib
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pypdf import PdfReader

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.core.model import DeliveryStatus, State
from briefing.mail import tokens
from briefing.mail.sign import read_key
from briefing.mail.tokens import LinkToken, Purpose
from briefing.setup.clock import now
from briefing.setup.post import secrets_of
from briefing.store import deliveries, editions, subscribers
from tests.examples import examples
from tests.mail.relays import Faulty, Sink, Taken, real
from tests.mail.test_sign import pem, verify_rsa
from tests.mailroom import (
    ANN,
    BO,
    BRIEFING,
    CEM,
    DEE,
    DOMAIN,
    config,
    kept,
    opened,
    publish,
    reader,
    replaced,
    settings,
    subscribe,
    today,
)
from tests.small_day import Said, told

EDITION = f"{BRIEFING}/{today()}"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return the folder of a desk that has published for four readers."""
    publish(tmp_path, ANN, BO, CEM, DEE)
    return tmp_path


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> list[Taken]:
    """Return what each reader whose time has come was sent."""
    desk = tmp_path_factory.mktemp("arrived")
    publish(desk, ANN, BO, CEM, DEE)
    with real() as (port, taken):
        assert run(["deliver", config(desk, port=port)]) == DONE
    return taken


def to(taken: list[Taken], address: str) -> Taken:
    (found,) = [one for one in taken if one.recipient == address]
    return found


def secrets(desk: Path) -> tuple[bytes, ...]:
    return secrets_of(settings(desk))


def statuses(desk: Path) -> dict[str, DeliveryStatus]:
    with opened(desk) as store, store.read() as tx:
        return {one.address: one.status for one in deliveries.of(tx, EDITION)}


def test_each_reader_due_gets_the_edition_once(desk: Path, sink: Sink, capsys: Said) -> None:
    port, taken = sink
    words = config(desk, port=port)
    assert told(capsys, "deliver", words)[0].startswith("3 sent; next at ")
    assert {one.recipient for one in taken} == {ANN.address, BO.address, CEM.address}
    assert told(capsys, "deliver", words)[0].startswith("nothing to send: the next is due at ")
    assert len(taken) == 3
    assert statuses(desk) == {
        **dict.fromkeys((ANN.address, BO.address, CEM.address), DeliveryStatus.SENT),
        DEE.address: DeliveryStatus.DUE,
    }


def test_what_arrives_is_whole(arrived: list[Taken]) -> None:
    mail = to(arrived, ANN.address).mail
    assert mail["From"] == "Ostra Desk <news@desk.example>"
    assert mail["List-Id"] == f"Ostra Desk <{BRIEFING}.{DOMAIN}>"
    (pdf,) = mail.iter_attachments()
    assert pdf.get_filename() == f"{BRIEFING}-{today()}.pdf"
    assert len(PdfReader(io.BytesIO(pdf.get_content())).pages) == 1
    html = to(arrived, ANN.address).text("html")
    assert f"https://news.desk.example/{today()}#c1" in html
    assert ANN.address in html
    (headline,) = re.findall(r"^Subject: (.+)$", str(mail), re.MULTILINE)
    assert headline in html.replace("\u00a0", " ")
    text = to(arrived, BO.address).mail
    assert text.get_content_type() == "text/plain"
    assert "nickel" in text.get_content(), "there is no news of the sections that were chosen"
    assert "nickel" in html
    assert to(arrived, CEM.address).mail.get_content_type() == "text/plain"


def test_the_text_that_is_kept_of_an_edition_links_its_checks_too(desk: Path) -> None:
    with opened(desk) as store, store.read() as tx:
        stored = editions.on(tx, BRIEFING, today())
    assert stored
    day, *checks = re.findall(r"\S+://\S+", stored.files["text"].decode())
    assert day == f"https://news.desk.example/{today()}"
    assert checks[0] == f"{day}#c1"
    assert all(check.startswith(f"{day}#c") for check in checks)


def test_links_and_return_path_are_those_of_the_reader(desk: Path, sink: Sink) -> None:
    port, taken = sink
    assert run(["deliver", config(desk, port=port)]) == DONE
    one = to(taken, ANN.address)
    lines = one.message.split(b"\r\n")
    (unsubscribe,) = [line for line in lines if line.startswith(b"List-Unsubscribe: ")]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    (url,) = re.findall(r"<(https://[^>]+)>", unsubscribe.decode())
    begin, _, token = url.rpartition("/")
    assert begin == "https://news.desk.example/unsubscribe"
    known, at = secrets(desk), now()
    told = tokens.read(Purpose.LEAVE, token=token, secrets=known, at=at)
    assert isinstance(told, LinkToken)
    assert (told.subscriber, told.epoch) == (1, 1)
    assert tokens.read(Purpose.PREFERENCES, token=token, secrets=known, at=at) is None
    assert url in one.text("html")
    (preferences,) = re.findall(r"/preferences/([\w.-]+)", one.text())
    told = tokens.read(Purpose.PREFERENCES, token=preferences, secrets=known, at=at)
    assert isinstance(told, LinkToken)
    number = tokens.read_return_path(one.sender, secrets=known)
    assert number is not None
    with opened(desk) as store, store.read() as tx:
        delivery = deliveries.get(tx, number)
    assert delivery
    assert (delivery.edition, delivery.address) == (EDITION, ANN.address)


def test_without_pages_on_the_web_readers_leave_by_mail(desk: Path, sink: Sink) -> None:
    port, taken = sink
    assert run(["deliver", config(desk, port=port, web="")]) == DONE
    one = to(taken, ANN.address)
    assert (
        f"List-Unsubscribe: <mailto:{one.sender}?subject=unsubscribe>\r\n".encode() in one.message
    )
    assert b"List-Unsubscribe-Post" not in one.message
    assert "Preferences" not in one.text()


def test_each_key_signs_each_mail(desk: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    # It refuses signatures of later than now, and cannot be told the time otherwise.
    monkeypatch.setattr("dkim.time", SimpleNamespace(time=lambda: now().timestamp()))
    port, taken = sink
    keys, more = [], ""
    for selector in ("b2025", "b2026"):
        content = pem(rsa.generate_private_key(65537, 2048))
        (desk / f"{selector}.pem").write_bytes(content)
        keys.append(read_key(content, domain=DOMAIN, selector=selector))
        more += f'[[mail.dkim]]\ndomain = "{DOMAIN}"\nselector = "{selector}"\n'
        more += f'key_file = "{selector}.pem"\n'
    assert run(["deliver", config(desk, port=port, more=more)]) == DONE
    assert len(taken) == 3
    for one in taken:
        assert verify_rsa(one.message, *keys)
        assert verify_rsa(one.message, *keys, place=1)
        assert not verify_rsa(one.message.replace(b"Ostra", b"Kalvik"), *keys)


def test_what_a_relay_refuses_is_told_and_makes_the_run_partial(desk: Path, capsys: Said) -> None:
    faulty = Faulty(
        lambda at: "550 5.1.1 No such user" if at.step == "RCPT" and at.to == BO.address else ""
    )
    with faulty.running():
        words = config(desk, port=faulty.port)
        assert run(["deliver", words]) == IN_PART
    out, err = capsys.readouterr()
    assert out.startswith("1 refused, 2 sent; next at ")
    assert err == f"briefing: {BO.address}: 550 5.1.1 No such user (at RCPT TO)\n"
    out = told(capsys, "deliver", "--status", words)[0]
    assert out.startswith(f"{EDITION}: audience of 4: 1 due, 2 sent, 1 refused; next at ")
    assert f"  refused: {BO.address}: 550 5.1.1 No such user (at RCPT TO)\n" in out
    facts = json.loads(told(capsys, "deliver", "--status", "--json", words)[0])
    assert facts["counts"] == {"due": 1, "sent": 2, "refused": 1}
    assert [one["address"] for one in facts["trouble"]] == [BO.address]
    # The first edition that an address refuses ends nothing.
    assert kept(desk, BO.address).state is State.ACTIVE


def test_a_relay_that_is_down_pauses_and_blames_nobody(desk: Path, capsys: Said) -> None:
    out, err = told(capsys, "deliver", "--json", config(desk, port=1), code=FAILED)
    assert "relay 127.0.0.1:1" in json.loads(out)["paused"]
    assert err.startswith("briefing: paused: relay 127.0.0.1:1: ")
    assert "; no subscriber was marked\n" in err
    assert set(statuses(desk).values()) == {DeliveryStatus.DUE}


@pytest.mark.parametrize(("decision", "sent"), [("--send-held", 2), ("--drop-held", 1)])
def test_a_person_decides(decision: str, sent: int, desk: Path, sink: Sink, capsys: Said) -> None:
    faulty = Faulty(lambda at: "take and drop" if at.step == "dot" and at.to == ANN.address else "")
    with faulty.running():
        words = config(desk, port=faulty.port, more='in_doubt = "hold"')
        assert run(["deliver", words]) == DONE
    assert statuses(desk)[ANN.address] is DeliveryStatus.HELD
    assert f"  held: {ANN.address}: " in told(capsys, "deliver", "--status", words)[0]
    assert told(capsys, "deliver", decision, words)[0].startswith("1 delivery: ")
    assert (
        "is held; `briefing deliver --status`"
        in told(capsys, "deliver", decision, words, code=WRONG_USE)[1]
    )
    port, taken = sink
    assert run(["deliver", config(desk, port=port)]) == DONE
    found = [one for one in (*faulty.taken, *taken) if one.recipient == ANN.address]
    assert len(found) == sent
    assert len({one.id for one in found}) == 1


def test_a_dry_run_writes_mails_and_no_more(desk: Path, tmp_path: Path, capsys: Said) -> None:
    words = config(desk)
    before = statuses(desk)
    to_ = tmp_path / "out" / "mails"
    assert run(["deliver", "--dry-run", str(to_), words]) == DONE
    assert capsys.readouterr().out == f"{to_}: 4 mails of {EDITION}; nothing was sent\n"
    assert sorted(path.name for path in to_.iterdir()) == ["1.eml", "2.eml", "3.eml", "4.eml"]
    assert message_from_bytes((to_ / "1.eml").read_bytes())["To"] == ANN.address
    assert statuses(desk) == before
    assert not (desk / "briefing.secrets").exists()
    assert "is not empty" in told(capsys, "deliver", "--dry-run", str(to_), words, code=FAILED)[1]
    (tmp_path / "file").touch()
    assert run(["deliver", "--dry-run", str(tmp_path / "file" / "deep"), words]) == FAILED
    assert "cannot be written" in capsys.readouterr().err


def test_a_test_mail_goes_to_anybody_unrecorded(desk: Path, sink: Sink, capsys: Said) -> None:
    port, taken = sink
    words = config(desk, port=port)
    before = statuses(desk)
    assert told(capsys, "deliver", "--test", "me@desk.example", words)[0] == (
        f"{EDITION}: sent to me@desk.example; nothing was recorded\n"
    )
    assert [one.recipient for one in taken] == ["me@desk.example"]
    assert statuses(desk) == before
    with opened(desk) as store, store.read() as tx:
        assert subscribers.find(tx, "me@desk.example") is None
    config(desk, port=1)
    out, err = told(capsys, "deliver", "--json", "--test", "me@desk.example", words, code=FAILED)
    assert not json.loads(out)["sent"]
    assert err.startswith(f"briefing: {EDITION}: not sent to me@desk.example: relay 127.0.0.1:1: ")
    assert run(["deliver", "--test", "me@", words]) == WRONG_USE
    assert "address 'me@': it lacks the part after @" in capsys.readouterr().err


@examples("given, said")
def test_words_exclude_others(given: tuple[str, ...], said: str, desk: Path, capsys: Said) -> None:
    assert said in told(capsys, "deliver", *given, config(desk), code=WRONG_USE)[1]


def test_what_was_never_published_cannot_be_told_of(desk: Path, capsys: Said) -> None:
    assert run(["deliver", "--status", "--date", "2020-01-04", config(desk)]) == FAILED
    assert "no edition of ostra-desk was published on 2020-01-04" in capsys.readouterr().err


@examples("changed, said")
def test_settings_that_cannot_send_are_told_before_anything_is_sent(
    changed: tuple[str, str], said: str, desk: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRIEFING_SMTP_PASSWORD", raising=False)
    words = config(desk)
    replaced(desk, *changed)
    assert said in told(capsys, "deliver", words, code=WRONG_USE)[1]
    assert set(statuses(desk).values()) == {DeliveryStatus.DUE}


@pytest.mark.parametrize("record", [b"no zlib", zlib.compress(b"{}")])
def test_a_damaged_edition_stops_all(record: bytes, desk: Path, sink: Sink, capsys: Said) -> None:
    with closing(sqlite3.connect(desk / "briefing.db")) as db, db:
        db.execute("UPDATE edition SET record = ?", (record,))
    port, _ = sink
    assert run(["deliver", config(desk, port=port)]) == FAILED
    assert "restore the last backup" in capsys.readouterr().err
    assert set(statuses(desk).values()) == {DeliveryStatus.DUE}


def test_mails_of_a_closed_briefing_let_their_reader_in(
    desk: Path, sink: Sink, capsys: Said
) -> None:
    port, taken = sink
    words = config(desk, port=port)
    replaced(desk, "[web]", '[web]\nreaders = "subscribers"')
    assert run(["deliver", words]) == DONE
    for one in (ANN, BO, CEM):
        text = to(taken, one.address).text()
        (own,) = re.findall(r"https://\S+\?read=\S*", text)
        assert own.endswith(f"?read={today()}")
        assert own.partition("?")[0] in text.replace(own, "")
    assert capsys.readouterr().err == ""


def test_many_refusals_are_cut_and_told_as_json(desk: Path, capsys: Said) -> None:
    with opened(desk) as store:
        subscribe(store, *(reader(f"é{number}@readers.example") for number in range(25)))
    with opened(desk) as store, store.write() as tx:
        at = now()
        deliveries.release(tx, EDITION, at=at, life=timedelta(hours=1), due=lambda _: at)
    with Faulty().running() as relay:
        assert run(["deliver", "--json", config(desk, port=relay.port)]) == IN_PART
        assert len(relay.taken) == 3
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["attempts"]["refused"] == 25
    assert len(told["refused"]) == 25
    assert err.count("\n") == 21
    assert err.endswith("briefing: and 5 more\n")
    # What we cannot write to is no fault of its reader.
    assert kept(desk, "é7@readers.example").state is State.ACTIVE


def test_a_dry_run_is_for_those_who_want_the_day_and_tells_of_bad_addresses(
    desk: Path, tmp_path: Path, capsys: Said
) -> None:
    other = tuple(day for day in range(7) if day != today().weekday())
    with opened(desk) as store:
        subscribe(store, reader("eve@readers.example", days=other), reader("zoë@readers.example"))
    words = ("deliver", "--json", "--dry-run", str(tmp_path / "mails"), config(desk))
    out, err = told(capsys, *words, code=IN_PART)
    assert json.loads(out)["written"] == len(list((tmp_path / "mails").iterdir())) == 4
    assert err.startswith("briefing: zoë@readers.example: ")

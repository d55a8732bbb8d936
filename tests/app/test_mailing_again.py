"""Mails sent again by hand, ended subscriptions that come back, and why nothing is due."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from briefing.app.deliver.administration import idle_words
from briefing.cli import DONE, FAILED, WRONG_USE, run
from briefing.core.model import Audience, AuditEvent, DeliveryStatus, State
from briefing.setup.clock import now
from briefing.store import audit, deliveries, engine, reader_list, subscribers
from tests.app.test_mailing import statuses
from tests.examples import examples
from tests.mail.relays import Faulty, Sink
from tests.mailroom import ANN, BO, BRIEFING, CEM, change, config, kept, opened, publish, today
from tests.small_day import Said, told

EDITION = f"{BRIEFING}/{today()}"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    publish(tmp_path, ANN, BO, CEM)
    return tmp_path


def acts(desk: Path) -> list[AuditEvent]:
    with opened(desk) as store, store.read() as tx:
        return list(audit.recent(tx))


@examples("lost, words")
def test_an_edition_that_does_not_reach_its_readers_is_told_once(
    desk: Path, sink: Sink, lost: tuple[str, ...], words: str
) -> None:
    relay, taken = sink
    with opened(desk) as store, store.write() as tx:
        for one in deliveries.of(tx, EDITION):
            if one.address.partition("@")[0] in lost:
                deliveries.renew(tx, one.id, at=now(), until=now() - timedelta(seconds=1))
    alerts = '[alerts]\nmail = "desk@ministry.example"\n'
    for _ in range(2):
        run(["run", config(desk, port=relay, more=alerts)])
    told = [one.mail for one in taken if one.mail["To"] == "desk@ministry.example"]
    text = "".join(mail.get_content() for mail in told)
    assert text.count(f"- edition of {today()}: {words}") == text.count(f"edition of {today()}: ")
    assert text.count(words) == 1
    assert len(taken) - len(told) == 3 - len(lost)


def test_a_store_it_cannot_write(desk: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    relay, taken = sink
    monkeypatch.setattr(engine, "WAIT", 0.5)
    given = config(desk, port=relay, more='[alerts]\nmail = "desk@ministry.example"\n')
    with closing(sqlite3.connect(desk / "briefing.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            assert run(["run", given]) == FAILED
        other.execute("ROLLBACK")
    (told,) = taken
    assert "another process is writing to it for too long" in told.text()


def test_a_refused_mail_is_resent(desk: Path, sink: Sink, capsys: Said) -> None:
    refuses = Faulty(lambda at: "550 5.1.1 No" if at.step == "RCPT" and at.to == BO.address else "")
    with refuses.running():
        run(["deliver", config(desk, port=refuses.port)])
    assert statuses(desk)[BO.address] is DeliveryStatus.REFUSED
    port, taken = sink
    words = config(desk, port=port)
    capsys.readouterr()
    assert run(["deliver", "--resend", BO.address, "--date", str(today()), words]) == DONE
    said = f"{EDITION}: queued again for {BO.address}; the next `briefing deliver` sends it\n"
    assert capsys.readouterr().out == said
    assert [(one.who, one.what) for one in acts(desk)] == [
        ("command", "resend mail"),
        ("command", "deliver"),
    ]
    assert BO.address not in acts(desk)[0].about
    assert run(["deliver", "--resend", BO.address, words]) == WRONG_USE
    assert "it is due anyway" in capsys.readouterr().err
    assert run(["deliver", words]) == DONE
    assert [one.recipient for one in taken] == [BO.address]
    assert statuses(desk)[BO.address] is DeliveryStatus.SENT
    assert re.search(r"<https://news\.desk\.example/\S+>", taken[0].mail["List-Unsubscribe"])


def test_an_accepted_mail_is_sent_again_only_if_told(desk: Path, sink: Sink, capsys: Said) -> None:
    port, taken = sink
    words = config(desk, port=port)
    assert run(["deliver", words]) == DONE
    assert run(["deliver", "--resend", ANN.address, words]) == WRONG_USE
    assert "the relay has accepted it already; --again sends" in capsys.readouterr().err
    assert run(["deliver", "--resend", ANN.address, "--again", "--json", words]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told == {"edition": EDITION, "address": ANN.address, "due": True}
    assert run(["deliver", words]) == DONE
    assert sum(one.recipient == ANN.address for one in taken) == 2
    assert len(taken) == 4


@pytest.mark.parametrize("ended", [State.UNSUBSCRIBED, State.COMPLAINED, State.BOUNCED])
def test_nothing_goes_to_who_is_not_written_to(ended: State, desk: Path, capsys: Said) -> None:
    change(desk, ANN.address, ended, what="left")
    assert run(["deliver", "--resend", ANN.address, "--again", config(desk)]) == WRONG_USE
    assert f"not sent: the subscriber is {ended}" in capsys.readouterr().err
    assert acts(desk) == []


def test_those_ended_by_bounces_since_a_time_come_back_alone(desk: Path, capsys: Said) -> None:
    before = now()
    change(desk, ANN.address, State.BOUNCED, what="bounced", how="bounce")
    change(desk, BO.address, State.UNSUBSCRIBED, what="left")
    change(desk, CEM.address, State.COMPLAINED, what="complained", how="bounce")
    words = [f"--ended-since={before.isoformat()}", f"--config={desk / 'briefing.toml'}"]
    assert run(["subscribers", "resume", "--dry-run", *words]) == DONE
    said = f"{ANN.address}: would be active\n1 subscription would be active again\n"
    assert capsys.readouterr().out == said
    assert kept(desk, ANN.address).state is State.BOUNCED
    facts = json.loads(told(capsys, "subscribers", "resume", "--json", *words)[0])
    assert facts == {"resumed": [ANN.address], "lifted": 1, "dry": False}
    assert [kept(desk, one.address).state for one in (ANN, BO, CEM)] == [
        State.ACTIVE,
        State.UNSUBSCRIBED,
        State.COMPLAINED,
    ]
    resumed = kept(desk, ANN.address)
    with opened(desk) as store, store.read() as tx:
        assert not reader_list.suppressed(tx, ANN.address)
        assert reader_list.suppressed(tx, BO.address)
        *_, last = subscribers.consents(tx, resumed.id)
    assert (last.what, last.how) == ("returned", "command")
    assert [one.what for one in acts(desk)] == ["resume subscribers"]


def test_who_was_ended_before_the_time_stays_ended(desk: Path) -> None:
    change(desk, ANN.address, State.BOUNCED, what="bounced", how="bounce")
    later = now() + timedelta(hours=1)
    words = [f"--ended-since={later.isoformat()}", f"--config={desk / 'briefing.toml'}"]
    assert run(["subscribers", "resume", *words]) == DONE
    assert kept(desk, ANN.address).state is State.BOUNCED
    assert acts(desk) == []


@examples("given")
def test_who_comes_back_must_be_said_in_one_way(given: tuple[str, ...], desk: Path) -> None:
    assert run(["subscribers", "resume", *given, f"--config={desk / 'briefing.toml'}"]) == WRONG_USE


def test_nothing_due_says_why(desk: Path, sink: Sink, capsys: Said) -> None:
    words = config(desk, port=sink[0])
    assert run(["deliver", words]) == DONE
    said = f"nothing to send: all 3 of edition {today()} were sent\n"
    assert told(capsys, "deliver", words)[0] == said
    assert run(["deliver", "--json", words]) == DONE
    assert json.loads(capsys.readouterr().out)["nothing"].startswith("all 3 of edition")


def test_before_the_first_edition_it_says_so(tmp_path: Path, capsys: Said) -> None:
    config(tmp_path)
    assert run(["deliver", f"--config={tmp_path / 'briefing.toml'}"]) in {DONE, FAILED}
    assert "nothing to send: no edition; `briefing publish`" in capsys.readouterr().out


@examples("states, other_days, words")
def test_no_recipients_says_why(states: dict[State, int], other_days: int, words: str) -> None:
    audience = Audience("desk/2026-03-12", date(2026, 3, 12), {})
    shown = idle_words(audience, states, other_days=other_days)
    assert shown.startswith(f"edition 2026-03-12 has 0 recipients: {words}")


def test_an_edition_in_part_says_what_became_of_it() -> None:
    counts = {DeliveryStatus.SENT: 198, DeliveryStatus.REFUSED: 2}
    audience = Audience("desk/2026-03-12", date(2026, 3, 12), counts)
    assert idle_words(audience, {}, other_days=0) == (
        "edition 2026-03-12: 198 sent, 2 refused; see `briefing deliver --status`"
    )

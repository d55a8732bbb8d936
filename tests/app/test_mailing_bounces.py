"""Mails that come back to the return paths of real deliveries, as the command reads them."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from briefing.app.bounces import ReturnKind, take_back
from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.core.errors import BusyError
from briefing.core.model import State
from briefing.mail import tokens
from briefing.mail.mailbox import Maildir
from briefing.setup.clock import now
from briefing.setup.post import secrets_of
from briefing.store import deliveries, open_store, reader_list, subscribers
from tests.examples import examples
from tests.mail.relays import authority, real
from tests.mail.returned import complaint, failed, letter, report
from tests.mail.servers import PASSWORD, USER, ServerState, Stored, serve
from tests.mailroom import (
    ANN,
    BO,
    BRIEFING,
    CEM,
    DOMAIN,
    change,
    config,
    kept,
    opened,
    publish,
    replaced,
    settings,
    today,
)
from tests.small_day import Said, told

EDITION = f"{BRIEFING}/{today()}"


def hard(address: str) -> str:
    return failed("5.1.1", "550 5.1.1 No such user", address=address)


HARD = hard(ANN.address)
SOFT = failed("4.2.2", "452 4.2.2 Mailbox full", action="delayed")


@pytest.fixture(scope="module")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a desk that has delivered to three readers."""
    folder = tmp_path_factory.mktemp("noon")
    publish(folder, ANN, BO, CEM)
    with real() as (port, taken):
        assert run(["deliver", config(folder, port=port)]) == DONE
        assert len(taken) == 3
    return folder


@pytest.fixture
def desk(noon: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(noon, tmp_path / "desk")
    config(folder)
    return folder


def path_to(desk: Path, address: str) -> str:
    with opened(desk) as store, store.read() as tx:
        (number,) = [one.id for one in deliveries.of(tx, EDITION) if one.address == address]
    secrets = secrets_of(settings(desk))
    return tokens.return_path(number, secrets=secrets, domain=DOMAIN)


def arrive(desk: Path, *mails: bytes) -> None:
    for number, mail in enumerate(mails):
        (desk / "returned" / "new" / f"{number}.mail").write_bytes(mail)


def back(mail: bytes, path: str) -> bytes:
    return mail.replace(b"bounce+abcdefgh@news.example", path.encode())


def bounces(desk: Path, *words: str) -> int:
    return run(["bounces", *words, f"--config={desk / 'briefing.toml'}"])


def heard(capsys: Said, desk: Path, *words: str, code: int = DONE) -> tuple[str, str]:
    return told(capsys, "bounces", *words, f"--config={desk / 'briefing.toml'}", code=code)


def waiting(desk: Path) -> list[str]:
    return sorted(path.name for path in (desk / "returned" / "new").iterdir())


def test_a_dead_address_ends_its_subscription_and_no_other(desk: Path, capsys: Said) -> None:
    arrive(desk, back(report(HARD), path_to(desk, ANN.address)))
    assert heard(capsys, desk)[0] == "1 mail: 1 hard; 1 subscription ended\n"
    ann = kept(desk, ANN.address)
    assert ann.state is State.BOUNCED
    assert "5.1.1" in ann.reason
    with opened(desk) as store, store.read() as tx:
        *_, last = subscribers.consents(tx, ann.id)
        assert (last.what, last.how, last.origin) == ("bounced", "bounce", EDITION)
        assert reader_list.suppressed(tx, ANN.address)
    assert kept(desk, BO.address).state is State.ACTIVE
    assert waiting(desk) == []
    assert heard(capsys, desk)[0] == "0 mails; 0 subscriptions ended\n"


def test_a_mail_counts_once_and_enough_end_a_subscription(desk: Path, capsys: Said) -> None:
    mail = back(report(SOFT), path_to(desk, ANN.address))
    arrive(desk, mail, mail)
    told = json.loads(heard(capsys, desk, "--json")[0])
    assert {came: number for came, number in told["counts"].items() if number} == {
        "soft": 1,
        "known": 1,
    }
    assert told["ended"] == 0
    assert kept(desk, ANN.address).state is State.ACTIVE
    config(desk, more="soft_bounces = 1")
    arrive(desk, back(report(SOFT), path_to(desk, BO.address)))
    assert bounces(desk) == DONE
    assert kept(desk, BO.address).state is State.BOUNCED


@pytest.mark.parametrize(
    ("mail", "state"),
    [
        (report(HARD), State.ACTIVE),
        (report(SOFT), State.ACTIVE),
        (complaint("abuse"), State.COMPLAINED),
    ],
    ids=["hard", "soft", "complaint"],
)
def test_a_late_bounce_ends_no_renewed_subscription(desk: Path, mail: bytes, state: State) -> None:
    config(desk, more="soft_bounces = 1")
    change(desk, ANN.address, State.UNSUBSCRIBED, what="left")
    change(desk, ANN.address, State.ACTIVE, what="confirmed")
    arrive(desk, back(mail, path_to(desk, ANN.address)))
    assert bounces(desk) == DONE
    assert kept(desk, ANN.address).state is state
    assert waiting(desk) == []


def test_a_complaint_and_a_wish_to_leave_end_subscriptions(desk: Path, capsys: Said) -> None:
    arrive(
        desk,
        back(complaint("abuse"), path_to(desk, ANN.address)),
        back(letter("From: x@readers.example\nSubject: unsubscribe"), path_to(desk, BO.address)),
        back(letter("From: x@readers.example\nSubject: Unsubscribe"), path_to(desk, BO.address)),
    )
    assert heard(capsys, desk)[0] == (
        "3 mails: 1 complaint, 1 left, 1 known; 2 subscriptions ended\n"
    )
    assert kept(desk, ANN.address).state is State.COMPLAINED
    assert kept(desk, BO.address).state is State.UNSUBSCRIBED


@pytest.mark.parametrize(
    "mail", [report(HARD), letter("From: x@readers.example\nSubject: unsubscribe")]
)
def test_what_is_over_is_not_made_less_final(desk: Path, mail: bytes) -> None:
    arrive(desk, back(complaint("abuse"), path_to(desk, ANN.address)))
    assert bounces(desk) == DONE
    arrive(desk, back(mail, path_to(desk, ANN.address)))
    assert bounces(desk) == DONE
    assert kept(desk, ANN.address).state is State.COMPLAINED


def test_an_absence_changes_nothing_and_is_put_away(desk: Path, capsys: Said) -> None:
    away = letter("From: ann@readers.example\nSubject: Out of office\nAuto-Submitted: auto-replied")
    arrive(desk, back(away, path_to(desk, ANN.address)))
    assert heard(capsys, desk)[0] == "1 mail: 1 automatic; 0 subscriptions ended\n"
    assert kept(desk, ANN.address).state is State.ACTIVE
    assert waiting(desk) == []


def test_what_is_not_proved_to_be_ours_stays_where_it_is(desk: Path, capsys: Said) -> None:
    secrets = secrets_of(settings(desk))
    nobody = tokens.return_path(999, secrets=secrets, domain=DOMAIN)
    forged = tokens.return_path(1, secrets=[b"x" * 32], domain=DOMAIN)
    arrive(
        desk,
        report(HARD),
        back(report(HARD), nobody),
        back(report(HARD), forged),
        back(letter("From: ann@readers.example\nSubject: A question", "When?"), nobody),
        # A letter to a return path of ours is left for a person.
        back(letter("From: ann@x.example\nSubject: A question"), path_to(desk, ANN.address)),
    )
    assert heard(capsys, desk)[0] == "5 mails: 5 foreign; 0 subscriptions ended\n"
    assert len(waiting(desk)) == 5


def test_a_file_a_folder_and_standard_input_can_be_read_instead(
    desk: Path, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = {who: back(report(hard(who)), path_to(desk, who)) for who in (ANN.address, BO.address)}
    file = tmp_path / "one.eml"
    file.write_bytes(mails[ANN.address])
    assert bounces(desk, str(file)) == DONE
    assert kept(desk, ANN.address).state is State.BOUNCED
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mails[BO.address])))
    assert bounces(desk, "-") == DONE
    assert kept(desk, BO.address).state is State.BOUNCED
    capsys.readouterr()
    arrive(desk, back(report(hard(CEM.address)), path_to(desk, CEM.address)))
    # With the third of three it is not the addresses any more.
    told = json.loads(heard(capsys, desk, str(desk / "returned"), "--json", code=IN_PART)[0])
    assert (told["ended"], told["restored"]) == (0, 2)
    assert told["withheld"] == [f"{EDITION}: 3 of 3 mails bounced; no subscription was ended"]
    assert {kept(desk, one.address).state for one in (ANN, BO, CEM)} == {State.ACTIVE}
    assert bounces(desk, str(tmp_path / "none")) == FAILED
    assert "none: cannot be read (No such file or directory)" in capsys.readouterr().err


def test_the_unreadable_is_told_and_the_forgotten_still_bounce(desk: Path, capsys: Said) -> None:
    path = path_to(desk, ANN.address)
    told(capsys, "subscribers", "remove", ANN.address, f"--config={desk / 'briefing.toml'}")
    arrive(desk, back(report(HARD), path))
    with (desk / "returned" / "new" / "huge.mail").open("wb") as huge:
        huge.truncate(25_000_001)
    out, err = heard(capsys, desk, code=IN_PART)
    assert out == "2 mails: 1 hard, 1 unreadable; 0 subscriptions ended\n"
    assert err == "briefing: new/huge.mail: larger than 25,000,000 bytes; not read\n"
    assert waiting(desk) == ["huge.mail"]


def test_a_mail_is_put_away_only_after_what_it_says_is_kept(desk: Path) -> None:
    arrive(desk, back(report(HARD), path_to(desk, ANN.address)))
    secrets = secrets_of(settings(desk))
    states = []

    class Watched(Maildir):
        def settle(self, handle: str, *, understood: bool) -> None:
            states.append((kept(desk, ANN.address).state, understood))
            super().settle(handle, understood=understood)

    with open_store("briefing.db", folder=desk) as store:
        found = take_back(
            store,
            Watched(desk / "returned"),
            read_path=lambda one: tokens.read_return_path(one, secrets=secrets),
            soft_limit=5,
            clock=now,
        )
    assert found.counts == {ReturnKind.HARD: 1}
    assert states == [(State.BOUNCED, True)]


def test_one_process_at_a_time_reads_what_came_back(desk: Path) -> None:
    with opened(desk) as store, store.alone("bounces"):
        assert bounces(desk) == FAILED
        with pytest.raises(BusyError):
            take_back(
                store, Maildir(desk / "returned"), read_path=lambda _: None, soft_limit=5, clock=now
            )


@examples("bounces_, said")
def test_a_mailbox_that_cannot_be_meant_is_wrong_use(
    bounces_: str, said: str, desk: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRIEFING_BOUNCES_PASSWORD", raising=False)
    replaced(desk, '"returned"', f'"{bounces_}"')
    err = heard(capsys, desk, code=WRONG_USE)[1]
    assert said in err
    assert "hush" not in err


def test_a_mailbox_on_a_server_is_read(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = back(report(HARD), path_to(desk, ANN.address)).replace(b"\n", b"\r\n")
    state = ServerState({"INBOX": [], "Bounced": [Stored("7", mail)]})
    (desk / "password").write_text(f"{PASSWORD}\nnot this\n")
    authority().cert_pem.write_to_path(str(desk / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(desk / "authority.pem"))
    user = USER.replace("@", "%40")
    with serve(state, name="127.0.0.1") as port:
        config(desk, more='bounces_password_file = "password"')
        replaced(desk, '"returned"', f'"imaps://{user}@127.0.0.1:{port}/Bounced"')
        assert bounces(desk) == DONE
    assert kept(desk, ANN.address).state is State.BOUNCED
    left = [one for one in (*state.inbox, *state.folders["Bounced"]) if r"\Seen" not in one.flags]
    assert left == []
